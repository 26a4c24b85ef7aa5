import { readFileSync } from 'node:fs';
import t from 'tap';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { PLAIN } from '../../../lib/store/record.js';
import { tasks } from '../../../lib/store/tasks.js';
import { engineIn } from './engine-in.js';

await prepareHashes();
const PHOTOS = 'photos' as BucketName;
const A = 'a' as ObjectKey;

t.test('each task is a function of what the thread has', async (t) => {
  const directory = t.testdir({});
  const engine = engineIn(t, directory);
  t.match(await tasks.createBucket(engine, PHOTOS, { owner: 'ann' }), { name: 'photos' });
  t.match(tasks.listBuckets(engine), [{ name: 'photos' }]);
  t.match(tasks.changeBucket(engine, PHOTOS, { created: 5 }), { settings: { owner: 'ann', created: 5 } });
  t.match(tasks.bucket(engine, PHOTOS), { created: 5 });
  const request = { attributes: PLAIN, conditions: {}, checksums: [] };
  await tasks.putBytes(engine, PHOTOS, A, Buffer.from('x'), '0'.repeat(32), request);
  await tasks.setTags(engine, PHOTOS, A, [{ key: 'k', value: 'v' }]);
  t.match(await tasks.head(engine, PHOTOS, A), { info: { tags: [{ key: 'k', value: 'v' }] } });
  t.ok(tasks.list(engine, PHOTOS, { prefix: '', delimiter: '', after: '', limit: 10 }));
  await t.rejects(tasks.deleteBucket(engine, PHOTOS), { code: 'BucketNotEmpty' });
  await tasks.remove(engine, PHOTOS, A, {});
  await tasks.deleteBucket(engine, PHOTOS);
  t.same(tasks.listBuckets(engine), []);
});

t.test('sweeping answers in plain data', async (t) => {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  t.same(tasks.sweepStore(engine, Date.now()), { removed: 0, failures: [] });
  t.same(tasks.sweepBucket(engine, PHOTOS, Date.now()), { removed: 0, failures: [] });
});

t.test('whatever a task answers crosses threads', async (t) => {
  const directory = t.testdir({ photos: { a: 'content' } });
  const engine = engineIn(t, directory);
  const { body, ...opened } = await tasks.open(engine, PHOTOS, A);
  t.same(structuredClone(opened).info.size, 7);
  t.equal(Buffer.from(body ?? []).toString(), readFileSync(`${directory}/photos/a`, 'utf8'));
});
