import { readFileSync } from 'node:fs';
import t from 'tap';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { PLAIN } from '../../../lib/store/record.js';
import { uploadTasks } from '../../../lib/store/upload-tasks.js';
import { claim } from '../../../lib/store/object-tasks.js';
import { writeFd } from '../../../lib/os/open.js';
import { engineIn } from './engine-in.js';
import { completion, creation, received } from './multipart.js';

await prepareHashes();
const PHOTOS = 'photos' as BucketName;
const key = (text: string): ObjectKey => text as ObjectKey;
const REQUEST = { attributes: PLAIN, conditions: {}, checksums: [] };

t.test('an upload from Create to Complete, and one to Abort', async (t) => {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  const { id } = await uploadTasks.createUpload(engine, PHOTOS, key('a'), creation());
  const bytes = Buffer.from('the only part');
  const part = await uploadTasks.putPart(engine, PHOTOS, key('a'), id, 1, bytes, received(bytes));
  t.match(uploadTasks.listParts(engine, PHOTOS, key('a'), id, { after: 0, limit: 10 }), {
    parts: [{ number: 1 }],
  });
  await uploadTasks.completeUpload(engine, PHOTOS, key('a'), id, completion([part]));
  t.equal(readFileSync(`${directory}/photos/a`, 'utf8'), 'the only part');

  const other = await uploadTasks.createUpload(engine, PHOTOS, key('b'), creation());
  const query = { prefix: '', delimiter: '', keyMarker: '', uploadIdMarker: '', limit: 10 };
  t.match(uploadTasks.listUploads(engine, PHOTOS, query), { entries: [{ id: other.id }] });
  await uploadTasks.abortUpload(engine, PHOTOS, key('b'), other.id);
  t.match(uploadTasks.listUploads(engine, PHOTOS, query), { entries: [] });
});

t.test('append, from memory and from a temporary file, and rename', async (t) => {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  const first = Buffer.from('one');
  await uploadTasks.append(engine, PHOTOS, key('a'), first, received(first), 0, REQUEST);
  const temporary = claim(engine, PHOTOS, key('a'));
  const second = Buffer.from(', two');
  writeFd(temporary.fd, second, 0, second.length, 0);
  await uploadTasks.append(engine, PHOTOS, key('a'), temporary, received(second), 3, REQUEST);
  t.equal(readFileSync(`${directory}/photos/a`, 'utf8'), 'one, two');
  await uploadTasks.rename(engine, PHOTOS, key('a'), key('b'), { source: {}, target: {} });
  t.equal(readFileSync(`${directory}/photos/b`, 'utf8'), 'one, two');
});

t.test('read-only, none of it is done', async (t) => {
  const engine = engineIn(t, t.testdir({ photos: {} }), { readOnly: true });
  const bytes = Buffer.from('x');
  t.throws(() => uploadTasks.createUpload(engine, PHOTOS, key('a'), creation()), { code: 'ReadOnly' });
  await t.rejects(uploadTasks.append(engine, PHOTOS, key('a'), bytes, received(bytes), 0, REQUEST), {
    code: 'ReadOnly',
  });
  t.throws(() => uploadTasks.rename(engine, PHOTOS, key('a'), key('b'), { source: {}, target: {} }), {
    code: 'ReadOnly',
  });
});
