import {
  appendFileSync,
  chmodSync,
  existsSync,
  fstatSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { closeFd, writeFd } from '../../../lib/os/open.js';
import {
  claim,
  drop,
  head,
  open,
  putBytes,
  putTemporary,
  removeMany,
} from '../../../lib/store/object-tasks.js';
import { PLAIN } from '../../../lib/store/record.js';
import { SMALL_BYTES } from '../../../lib/store/reading.js';
import { engineIn } from './engine-in.js';

await prepareHashes();

const PHOTOS = 'photos' as BucketName;
const key = (text: string): ObjectKey => text as ObjectKey;
const REQUEST = { attributes: PLAIN, conditions: {}, checksums: [] };
const MD5 = '0'.repeat(32);

t.test('HEAD and GET tell whether their answer may be kept', async (t) => {
  const directory = t.testdir({ photos: { a: 'content', empty: {}, 'page.html': '' } });
  const engine = engineIn(t, directory);
  await sleep(30);
  t.match(await head(engine, PHOTOS, key('a')), { info: { size: 7 }, keep: 'a' });
  const opened = await open(engine, PHOTOS, key('a'));
  t.match(opened, { keep: 'a', quiet: true, fd: undefined });
  t.equal(Buffer.from(opened.body ?? []).toString(), 'content');
  t.equal(
    (await head(engine, PHOTOS, key('empty/'))).keep,
    undefined,
    'a directory changes without its stamp',
  );
  t.match(await open(engine, PHOTOS, key('empty/')), { body: { length: 0 }, fd: undefined });
  await t.rejects(head(engine, PHOTOS, key('nothing')), { code: 'NoSuchKey' });
  await t.rejects(open(engine, PHOTOS, key('nothing')), { code: 'NoSuchKey' });
  await putBytes(engine, PHOTOS, key('a//b'), Buffer.from('x'), MD5, REQUEST);
  t.match(
    await head(engine, PHOTOS, key('a//b')),
    { keep: /^\.bucketree\/keys/ },
    'no path can ever express it',
  );
  await putBytes(engine, PHOTOS, key('empty'), Buffer.from('x'), MD5, REQUEST);
  t.equal((await head(engine, PHOTOS, key('empty'))).keep, undefined, 'its path may come free');
});

t.test('a large file is handed over open, at rest or not', async (t) => {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  const path = `${directory}/photos/large`;
  writeFileSync(path, Buffer.alloc(SMALL_BYTES + 1));
  utimesSync(path, 1000, 1000);
  await sleep(30);
  const opened = await open(engine, PHOTOS, key('large'));
  t.match(opened, { body: undefined, quiet: true, parent: '', name: 'large' });
  if (opened.fd !== undefined) closeFd(opened.fd);
});

t.test('a file we may not read is refused', async (t) => {
  const directory = t.testdir({ photos: { secret: 'x' } });
  chmodSync(`${directory}/photos/secret`, 0);
  const opened = open(engineIn(t, directory), PHOTOS, key('secret'));
  if (process.getuid?.() === 0) t.match(await opened, { body: Buffer.from('x') }, 'root may read');
  else await t.rejects(opened, { code: 'AccessDenied' });
});

t.test('bodies are published from memory and from a temporary file', async (t) => {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  t.match(await putBytes(engine, PHOTOS, key('a'), Buffer.from('small'), MD5, REQUEST), {
    size: 5,
    etag: MD5,
  });
  const temporary = claim(engine, PHOTOS, key('b/c'));
  writeFd(temporary.fd, Buffer.from('larger'), 0, 6, 0);
  t.match(await putTemporary(engine, PHOTOS, key('b/c'), temporary, MD5, REQUEST), { size: 6 });
  t.equal(readFileSync(`${directory}/photos/b/c`, 'utf8'), 'larger');
  drop(engine, PHOTOS, claim(engine, PHOTOS, key('d')));
  t.notOk(existsSync(`${directory}/photos/d`));
  t.match(await putBytes(engine, PHOTOS, key('dir/'), new Uint8Array(0), MD5, REQUEST), { size: 0 });
  t.ok(existsSync(`${directory}/photos/dir`));
  await putBytes(engine, PHOTOS, key('dir/'), Buffer.from('with content'), MD5, REQUEST);
  t.match((await head(engine, PHOTOS, key('dir/'))).info, { size: 12 }, 'the last one put');
});

t.test('many keys are deleted, each with its own outcome, in the order asked', async (t) => {
  const directory = t.testdir({ photos: { a: 'x', b: 'xx', c: 'x' } });
  const engine = engineIn(t, directory, { durability: 'full' });
  appendFileSync(`${directory}/photos/c`, 'y');
  const outcomes = await removeMany(engine, PHOTOS, [
    { key: key('a'), conditions: {} },
    { key: key('b'), conditions: { ifSize: 1 } },
    { key: key('nothing'), conditions: {} },
    { key: key('c'), conditions: {} },
  ]);
  t.match(outcomes, [
    { key: 'a' },
    { key: 'b', error: { code: 'PreconditionFailed' } },
    { key: 'nothing' },
    { key: 'c' },
  ]);
  t.ok(existsSync(`${directory}/photos/b`));
  t.notOk(existsSync(`${directory}/photos/c`));
});

t.test('read-only, nothing is claimed, put or deleted', async (t) => {
  const engine = engineIn(t, t.testdir({ photos: { a: 'x' } }), { readOnly: true });
  t.throws(() => claim(engine, PHOTOS, key('b')), { code: 'ReadOnly' });
  await t.rejects(putBytes(engine, PHOTOS, key('b'), Buffer.from('x'), MD5, REQUEST), { code: 'ReadOnly' });
  await t.rejects(removeMany(engine, PHOTOS, [{ key: key('a'), conditions: {} }]), { code: 'ReadOnly' });
});

t.test('a temporary file whose bucket went meanwhile is closed all the same', async (t) => {
  const directory = t.testdir({ photos: {} });
  const engine = engineIn(t, directory);
  for (const give of [
    (temporary: ReturnType<typeof claim>) => drop(engine, PHOTOS, temporary),
    (temporary: ReturnType<typeof claim>) => putTemporary(engine, PHOTOS, key('a'), temporary, MD5, REQUEST),
  ]) {
    const temporary = claim(engine, PHOTOS, key('a'));
    renameSync(`${directory}/photos`, `${directory}/gone`);
    await t.rejects(async () => give(temporary), { code: 'NoSuchBucket' });
    t.throws(() => fstatSync(temporary.fd), { code: 'EBADF' });
    renameSync(`${directory}/gone`, `${directory}/photos`);
  }
});
