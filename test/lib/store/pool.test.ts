import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { StoreError } from '../../../lib/errors.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { Pool } from '../../../lib/store/pool.js';
import { PLAIN } from '../../../lib/store/record.js';
import { OPTIONS } from './bucket-in.js';
import { openAt } from './open-files.js';

const PHOTOS = 'photos' as BucketName;
const key = (text: string): ObjectKey => text as ObjectKey;

function poolIn(t: Test, threads: number): Pool {
  const directory = t.testdir({ photos: { a: 'content' } });
  const pool = new Pool(
    { ...OPTIONS, directory, buckets: new Map(), cacheBytes: 1_000_000 },
    threads,
    60_000,
  );
  t.teardown(() => pool.close());
  return pool;
}

interface Starting {
  readonly pool: Pool;
  /** Each thread holds the store's directory open. */
  running(): number;
}

function startingIn(
  t: Test,
  threads: number,
  {
    directory = t.testdir({ photos: {} }),
    idleMs = 60_000,
  }: { readonly directory?: string; readonly idleMs?: number } = {},
): Starting {
  const options = { ...OPTIONS, directory, buckets: new Map(), cacheBytes: 1_000_000 };
  const pool = new Pool(options, threads, idleMs);
  t.teardown(() => pool.close());
  return { pool, running: () => openAt(directory) };
}

function times<T>(count: number, action: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => action(at));
}

t.test('a task is answered by a thread, with its value or the store’s error', async (t) => {
  const pool = poolIn(t, 2);
  t.match(await pool.run('listBuckets', []), [{ name: 'photos' }]);
  t.match(await pool.run('head', [PHOTOS, key('a')]), { info: { size: 7 } });
  await t.rejects(pool.run('head', [PHOTOS, key('nothing')]), {
    name: 'StoreError',
    code: 'NoSuchKey',
    detail: { key: 'nothing' },
  });
  await t.rejects(pool.run('bucket', ['music' as BucketName]), { code: 'NoSuchBucket' });
});

t.test('many tasks at once each get their own answer', async (t) => {
  const pool = poolIn(t, 3);
  const request = { attributes: PLAIN, conditions: {}, checksums: [] };
  const infos = await Promise.all(
    Array.from({ length: 60 }, (_, at) => {
      const bytes = new Uint8Array(at);
      return pool.run('putBytes', [PHOTOS, key(`k${at}`), bytes, '0'.repeat(32), request], [bytes.buffer]);
    }),
  );
  t.same(
    infos.map(({ size }) => size),
    Array.from({ length: 60 }, (_, at) => at),
  );
});

t.test('memory is handed over, not copied', async (t) => {
  const pool = poolIn(t, 1);
  const bytes = new Uint8Array(1000).fill(65);
  const request = { attributes: PLAIN, conditions: {}, checksums: [] };
  const done = pool.run('putBytes', [PHOTOS, key('b'), bytes, '0'.repeat(32), request], [bytes.buffer]);
  t.match(await done, { size: 1000 });
  t.equal(bytes.byteLength, 0);
  const opened = await pool.run('open', [PHOTOS, key('b')]);
  t.equal(opened.body?.byteLength, 1000);
});

t.test('a task that cannot be sent is an error of its own, and of no other', async (t) => {
  const pool = poolIn(t, 1);
  const twice = new ArrayBuffer(8);
  const [before, wrong, after] = await Promise.allSettled([
    pool.run('bucket', [PHOTOS]),
    pool.run('bucket', [PHOTOS], [twice, twice]),
    pool.run('bucket', [PHOTOS]),
  ]);
  t.match(before, { status: 'fulfilled', value: { name: PHOTOS } });
  t.match(wrong, { status: 'rejected', reason: { name: 'StoreError', code: 'Internal' } });
  t.match(after, { status: 'fulfilled', value: { name: PHOTOS } });
});

t.test('threads start when there is work for them, and not for one task after another', async (t) => {
  const { pool, running } = startingIn(t, 4);
  t.equal(running(), 0);
  for (let again = 0; again < 5; again++) await pool.run('bucket', [PHOTOS]);
  t.equal(running(), 1);
  await Promise.all(times(40, () => pool.run('bucket', [PHOTOS])));
  t.equal(running(), 4);
});

t.test('tasks of one affinity are always the same thread’s', async (t) => {
  const { pool, running } = startingIn(t, 4);
  const query = { prefix: '', delimiter: '/', after: '', limit: 10 };
  await Promise.all(times(20, () => pool.runAt('photos/a/', 'list', [PHOTOS, query])));
  t.equal(running(), 1);
  await pool.runAt('photos/a/', 'list', [PHOTOS, query]);
  t.equal(running(), 1);
  for (const one of times(30, String)) await pool.runAt(one, 'list', [PHOTOS, query]);
  t.equal(running(), 4, 'and others find the others');
});

t.test('a thread that dies fails all it was asked, and the next task has another', async (t) => {
  const directory = `${t.testdir({})}/later`;
  const { pool, running } = startingIn(t, 1, { directory });
  const asked = await Promise.allSettled(times(5, () => pool.run('bucket', [PHOTOS])));
  for (const one of asked) {
    t.match(one, { status: 'rejected', reason: { code: 'Internal', message: 'a store thread ended' } });
    t.ok(one.status === 'rejected' && one.reason instanceof StoreError);
  }
  mkdirSync(`${directory}/photos`, { recursive: true });
  t.match(await pool.run('bucket', [PHOTOS]), { name: PHOTOS });
  t.equal(running(), 1);
});

t.test('a thread with nothing to do ends, with what it had open; the next task has another', async (t) => {
  const { pool, running } = startingIn(t, 1, { idleMs: 300 });
  for (let again = 0; again < 2; again++) {
    await Promise.all(times(10, () => pool.run('bucket', [PHOTOS])));
    t.equal(running(), 1);
    for (let turn = 0; turn < 500 && running() > 0; turn++) await sleep(10);
    t.equal(running(), 0);
  }
});

t.test('a thread about to end loses no task', async (t) => {
  const { pool, running } = startingIn(t, 1, { idleMs: 1 });
  for (let again = 0; again < 10; again++) {
    const asked = times(3, () => pool.run('bucket', [PHOTOS]));
    for (const one of asked) t.match(await one, { name: PHOTOS });
    await sleep(again % 5);
  }
  await pool.run('bucket', [PHOTOS]);
  await pool.close();
  t.equal(running(), 0);
});

t.test('closing ends the threads, and what they had open', async (t) => {
  const { pool, running } = startingIn(t, 3);
  const asked = times(12, () => pool.run('listBuckets', []));
  const closed = pool.close();
  await t.rejects(pool.run('listBuckets', []), { code: 'Busy' });
  for (const one of asked) t.match(await one, [{ name: PHOTOS }]);
  await closed;
  t.equal(running(), 0);
  await pool.close();
});

t.test('a pool that was never used closes, and so does one whose thread dies meanwhile', async (t) => {
  await startingIn(t, 2).pool.close();
  const { pool } = startingIn(t, 2, { directory: `${t.testdir({})}/none` });
  const asked = pool.run('listBuckets', []);
  const closed = pool.close();
  await t.rejects(asked, { code: 'Internal' });
  await closed;
});

t.test('closing waits for what is under way, and refuses what comes after', async (t) => {
  const pool = poolIn(t, 2);
  const request = { attributes: PLAIN, conditions: {}, checksums: [] };
  const puts = Array.from({ length: 30 }, (_, at) =>
    pool.run('putBytes', [PHOTOS, key(`k${at}`), new Uint8Array(10), '0'.repeat(32), request]),
  );
  const closed = pool.close();
  await t.rejects(pool.run('listBuckets', []), { code: 'Busy' });
  t.equal((await Promise.all(puts)).length, 30);
  await closed;
  await pool.close();
});

t.test('a store that cannot be opened is an error of each task', async (t) => {
  const pool = new Pool(
    { ...OPTIONS, directory: '/nothing/here', buckets: new Map(), cacheBytes: 0 },
    1,
    60_000,
  );
  t.teardown(() => pool.close());
  await t.rejects(pool.run('listBuckets', []), { name: 'StoreError', code: 'Internal' });
  await t.rejects(pool.run('listBuckets', []), { code: 'Internal' }, 'the next one starts another thread');
});

t.test('what cannot be handed to a thread fails at once, and keeps nobody waiting', async (t) => {
  const pool = poolIn(t, 1);
  const query = { prefix: '', delimiter: '', after: '', limit: 1, own: () => undefined };
  await t.rejects(pool.run('list', [PHOTOS, query]), { code: 'Internal', message: /could not be cloned/ });
  t.ok(await pool.run('listBuckets', []), 'the thread goes on');
  await pool.close();
});
