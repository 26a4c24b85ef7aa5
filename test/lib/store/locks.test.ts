import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { SETTINGS_KEY, whenBucket, whenKeys, withBucket, withKeys } from '../../../lib/store/locks.js';
import { startNode } from '../os/another-process.js';
import { bucketIn } from './bucket-in.js';

const STORE = new URL('../../../lib/store/', import.meta.url).href;

/** A program that adds one to a number in a file, over and over, under a lock. */
function adder(directory: string, lock: string): string {
  return `
    const { Bucket } = await import('${STORE}bucket.js');
    const { withKeys, withBucket, SETTINGS_KEY } = await import('${STORE}locks.js');
    const { readFileSync, writeFileSync } = await import('node:fs');
    const options = { followSymlinks: false, readOnly: false, durability: 'none', owner: undefined, umask: undefined };
    const bucket = new Bucket('photos', ${JSON.stringify(directory)}, true, options);
    const file = ${JSON.stringify(`${directory}/count`)};
    const add = () => {
      for (let turn = 0; turn < 500; turn++)
        ${lock}, () => writeFileSync(file, String(Number(readFileSync(file, 'utf8')) + 1)));
    };`;
}

t.test('sections of one key exclude each other among threads and processes', async (t) => {
  const bucket = bucketIn(t);
  const file = `${bucket.directory}/count`;
  writeFileSync(file, '0');
  const other = await startNode(
    `${adder(bucket.directory, "withKeys(bucket, ['b', 'a']")}
    console.log('ready');
    process.stdin.once('data', () => { add(); console.log('done'); });`,
  );
  const text = `(async () => {${adder(bucket.directory, "withKeys(bucket, ['a', 'c']")} add(); })();`;
  const thread = new Worker(text, { eval: true });
  const ended = new Promise((resolve) => void thread.once('exit', resolve));
  const answer = other.ask('go');
  for (let turn = 0; turn < 500; turn++) {
    withKeys(bucket, ['a'], () => writeFileSync(file, String(Number(readFileSync(file, 'utf8')) + 1)));
    if (turn % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(await answer, 'done');
  t.equal(await ended, 0);
  t.equal(readFileSync(file, 'utf8'), '1500');
  await other.end();
});

t.test('deleting a bucket waits for every key, and keeps every key waiting', async (t) => {
  const bucket = bucketIn(t);
  const file = `${bucket.directory}/count`;
  writeFileSync(file, '0');
  const other = await startNode(
    `${adder(bucket.directory, 'withBucket(bucket')}
    console.log('ready');
    process.stdin.once('data', () => { add(); console.log('done'); });`,
  );
  const answer = other.ask('go');
  for (let turn = 0; turn < 500; turn++) {
    const key = turn % 2 === 0 ? SETTINGS_KEY : `key ${turn}`;
    withKeys(bucket, [key], () => writeFileSync(file, String(Number(readFileSync(file, 'utf8')) + 1)));
    if (turn % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(await answer, 'done');
  t.equal(readFileSync(file, 'utf8'), '1000');
  await other.end();
});

t.test('one key named twice is locked once, and a section’s failure gives the lock back', async (t) => {
  const bucket = bucketIn(t);
  t.equal(
    withKeys(bucket, ['a', 'a', 'b'], () => 7),
    7,
  );
  t.throws(
    () =>
      withKeys(bucket, ['a'], () => {
        throw new Error('inside');
      }),
    { message: 'inside' },
  );
  t.equal(
    withBucket(bucket, () => 8),
    8,
  );
});

t.test('a lock file that was removed is not a lock any more: the one that stands is taken', async (t) => {
  const bucket = bucketIn(t);
  withKeys(bucket, ['a'], () => undefined);
  const { lockFd } = bucket;
  rmSync(`${bucket.directory}/.bucketree/lock`);
  t.equal(
    withKeys(bucket, ['a'], () => 'locked'),
    'locked',
  );
  t.not(bucket.lockFd, undefined);
  t.ok(readFileSync(`${bucket.directory}/.bucketree/lock`).length === 0, 'a new one was made');
  t.type(lockFd, 'number');
});

t.test('a bucket that went while we waited is no bucket', async (t) => {
  const root = `${t.testdir({ photos: {} })}/photos`;
  const bucket = bucketIn(t, {}, root);
  withKeys(bucket, ['a'], () => undefined);
  renameSync(root, `${root}.gone`);
  t.throws(() => withKeys(bucket, ['a'], () => t.fail('nothing to lock')), { code: 'NoSuchBucket' });
});

t.test('a thread that may not wait gets a free lock at once, and a held one later', async (t) => {
  const bucket = bucketIn(t);
  t.equal(
    whenKeys(bucket, ['a'], () => 1),
    1,
  );
  t.equal(
    whenBucket(bucket, () => 2),
    2,
  );
  const other = await startNode(`
    const { Bucket } = await import('${STORE}bucket.js');
    const { withKeys } = await import('${STORE}locks.js');
    const { readSync } = await import('node:fs');
    const options = { followSymlinks: false, readOnly: false, durability: 'none', owner: undefined, umask: undefined };
    const bucket = new Bucket('photos', ${JSON.stringify(bucket.directory)}, true, options);
    withKeys(bucket, ['b'], () => {
      console.log('ready');
      readSync(0, Buffer.alloc(10));
    });
    console.log('let go');`);
  const order: string[] = [];
  const both = whenKeys(bucket, ['a', 'b'], () => order.push('both'));
  const whole = whenBucket(bucket, () => order.push('bucket'));
  t.ok(both instanceof Promise && whole instanceof Promise);
  t.equal(
    whenKeys(bucket, ['a'], () => 'free'),
    'free',
    'what was not got is not kept',
  );
  t.same(order, []);
  t.equal(await other.ask('go'), 'let go');
  await Promise.all([both, whole]);
  t.same(order.sort(), ['both', 'bucket']);
  await other.end();
});
