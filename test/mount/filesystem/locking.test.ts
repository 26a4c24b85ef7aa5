import { chmodSync, existsSync } from 'node:fs';
import t from 'tap';
import { withKeys } from '../../../lib/store/locks.js';
import { underKeys } from '../../../mount/filesystem/locking.js';
import { bucketIn } from '../../lib/store/bucket-in.js';

t.test('where nothing was published nothing is locked, and nothing of ours appears', async (t) => {
  const bucket = bucketIn(t);
  t.equal(
    underKeys(bucket, ['a', 'b'], () => 'done'),
    'done',
  );
  t.notOk(existsSync(`${bucket.directory}/.bucketree`));
});

t.test('what nobody holds is had at once', async (t) => {
  const bucket = bucketIn(t);
  withKeys(bucket, ['a'], () => undefined);
  t.equal(
    underKeys(bucket, ['a', 'b'], () => 'done'),
    'done',
  );
});

t.test('what somebody publishes is waited for, without waiting', async (t) => {
  const bucket = bucketIn(t);
  const publisher = bucketIn(t, {}, bucket.directory);
  const order: string[] = [];
  let change: unknown;
  withKeys(publisher, ['a'], () => {
    change = underKeys(bucket, ['b', 'a'], () => order.push('changed'));
    order.push('published');
  });
  t.type(change, Promise);
  await change;
  t.strictSame(order, ['published', 'changed']);
});

t.test('what is no key is nobody’s to lock', async (t) => {
  const bucket = bucketIn(t);
  t.equal(
    underKeys(bucket, [undefined, 'x'.repeat(1025)], () => 'done'),
    'done',
  );
  t.notOk(existsSync(`${bucket.directory}/.bucketree`));
});

t.test('whoever may not write another user’s lock changes their own names without it', async (t) => {
  if (process.getuid?.() === 0) return t.comment('root may');
  const bucket = bucketIn(t);
  withKeys(bucketIn(t, {}, bucket.directory), ['a'], () => undefined);
  chmodSync(`${bucket.directory}/.bucketree/lock`, 0o444);
  t.equal(
    underKeys(bucket, ['a'], () => 'done'),
    'done',
  );
});
