import { mkdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { StoreError } from '../../../lib/errors.js';
import { parseBucketName, type ObjectKey } from '../../../lib/names.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import { Pool } from '../../../lib/store/pool.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { PLAIN } from '../../../lib/store/record.js';
import { optionsIn } from './engine-in.js';
import { md5Of } from './md5-of.js';
import { openAt } from './open-files.js';
import { PHOTOS } from './store-in.js';

t.before(prepareHashes);

interface Pooled {
  readonly pool: Pool;
  /** Each thread holds the store's directory open. */
  running(): number;
}

function poolIn(t: Test, threads: number, options: Partial<StoreOptions> = {}): Pooled {
  const whole = optionsIn(t, options);
  const pool = new Pool(whole, threads);
  t.teardown(() => pool.close());
  return { pool, running: () => openAt(whole.directory ?? '') };
}

function times<T>(count: number, action: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => action(at));
}

t.test('answers and errors cross as they were, the errors with their detail', async (t) => {
  const { pool } = poolIn(t, 1);
  t.match(await pool.run('bucket', [PHOTOS]), { name: PHOTOS, mapped: false });
  const missing = pool.run('head', [PHOTOS, 'a/b' as ObjectKey]);
  await t.rejects(missing, { code: 'NoSuchKey', detail: { key: 'a/b' } });
  await t.rejects(missing, StoreError);
  await t.rejects(pool.run('bucket', [parseBucketName('nowhere')]), {
    code: 'NoSuchBucket',
    message: 'The specified bucket does not exist',
    detail: { bucket: 'nowhere' },
  });
});

t.test('memory handed over is the thread’s: the caller has it no more', async (t) => {
  const { pool } = poolIn(t, 1);
  const bytes = new Uint8Array(Buffer.from('handed over'));
  const request = { attributes: PLAIN, conditions: {}, checksums: [] };
  const args = [PHOTOS, 'k' as ObjectKey, bytes, md5Of('handed over'), request] as const;
  const done = pool.run('putBytes', [...args], [bytes.buffer]);
  t.equal(bytes.length, 0);
  t.match(await done, { size: 11, etag: md5Of('handed over') });
  const { body } = await pool.run('open', [PHOTOS, 'k' as ObjectKey]);
  t.equal(Buffer.from(body ?? []).toString(), 'handed over');
});

t.test('threads start when there is work for them, and not for one task after another', async (t) => {
  const { pool, running } = poolIn(t, 4);
  t.equal(running(), 0);
  for (let again = 0; again < 5; again++) await pool.run('bucket', [PHOTOS]);
  t.equal(running(), 1);
  await Promise.all(times(40, () => pool.run('bucket', [PHOTOS])));
  t.equal(running(), 4);
});

t.test('tasks of one affinity are always the same thread’s', async (t) => {
  const { pool, running } = poolIn(t, 4);
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
  const { pool, running } = poolIn(t, 1, { directory });
  const asked = await Promise.allSettled(times(5, () => pool.run('bucket', [PHOTOS])));
  for (const one of asked) {
    t.match(one, { status: 'rejected', reason: { code: 'Internal', message: 'a store thread ended' } });
    t.ok(one.status === 'rejected' && one.reason instanceof StoreError);
  }
  mkdirSync(`${directory}/photos`, { recursive: true });
  t.match(await pool.run('bucket', [PHOTOS]), { name: PHOTOS });
  t.equal(running(), 1);
});

t.test('closing waits for what was asked, ends the threads and what they had open', async (t) => {
  const { pool, running } = poolIn(t, 3);
  const asked = times(12, () => pool.run('listBuckets', []));
  const closed = pool.close();
  await t.rejects(pool.run('listBuckets', []), { code: 'Busy' });
  for (const one of asked) t.match(await one, [{ name: PHOTOS }]);
  await closed;
  t.equal(running(), 0);
  await pool.close();
});

t.test('a pool that was never used closes, and so does one whose thread dies meanwhile', async (t) => {
  await poolIn(t, 2).pool.close();
  const { pool } = poolIn(t, 2, { directory: `${t.testdir({})}/none` });
  const asked = pool.run('listBuckets', []);
  const closed = pool.close();
  await t.rejects(asked, { code: 'Internal' });
  await closed;
});
