import t, { type Test } from 'tap';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { Pool } from '../../../lib/store/pool.js';
import { PLAIN } from '../../../lib/store/record.js';
import { OPTIONS } from './bucket-in.js';

const PHOTOS = 'photos' as BucketName;
const key = (text: string): ObjectKey => text as ObjectKey;

function poolIn(t: Test, threads: number): Pool {
  const directory = t.testdir({ photos: { a: 'content' } });
  const pool = new Pool({ ...OPTIONS, directory, buckets: new Map(), cacheBytes: 1_000_000 }, threads);
  t.teardown(() => pool.close());
  return pool;
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
  t.equal(bytes.byteLength, 0);
  t.match(await done, { size: 1000 });
  const opened = await pool.run('open', [PHOTOS, key('b')]);
  t.equal(opened.body?.byteLength, 1000);
});

t.test('the same affinity is the same thread’s', async (t) => {
  const pool = poolIn(t, 4);
  const query = { prefix: '', delimiter: '', after: '', limit: 10 };
  const pages = await Promise.all(
    Array.from({ length: 20 }, () => pool.runAt('photos/', 'list', [PHOTOS, query])),
  );
  for (const page of pages) t.same(page, pages[0]);
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
  const pool = new Pool({ ...OPTIONS, directory: '/nothing/here', buckets: new Map(), cacheBytes: 0 }, 1);
  t.teardown(() => pool.close());
  await t.rejects(pool.run('listBuckets', []), { name: 'StoreError', code: 'Internal' });
  await t.rejects(pool.run('listBuckets', []), { code: 'Internal' }, 'the next one starts another thread');
});
