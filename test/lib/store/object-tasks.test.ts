import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { closeFd, readFd, writeFd } from '../../../lib/os/open.js';
import {
  claim,
  drop,
  head,
  open,
  putBytes,
  putTemporary,
  removeMany,
} from '../../../lib/store/object-tasks.js';
import { SMALL_BYTES } from '../../../lib/store/reading.js';
import { key } from './bucket-in.js';
import { engineIn } from './engine-in.js';
import { md5Of } from './md5-of.js';
import { putting } from './objects.js';
import { openAt } from './open-files.js';
import { PHOTOS } from './store-in.js';

const KEY = key('a/b.txt');
const PLAINLY = putting(Buffer.from(''), {});
/** Past the tick of the clock in which a stamp cannot vouch for what others wrote. */
const tick = (): Promise<void> => sleep(30);

t.test('what was put is found: its information, its stamp, and that it may be kept', async (t) => {
  const engine = engineIn(t);
  const bytes = Buffer.from('hello');
  const request = putting(bytes, { algorithms: ['SHA256'], attributes: { user: { by: 'me' } } });
  const info = await putBytes(engine, PHOTOS, KEY, bytes, md5Of(bytes), request);
  t.match(info, { key: KEY, size: 5, etag: md5Of(bytes), user: { by: 'me' }, checksums: request.checksums });
  const { directory } = engine.buckets.get(PHOTOS);
  const found = await head(engine, PHOTOS, KEY);
  t.same(found.info, info);
  t.equal(found.stat.ino, BigInt(statSync(`${directory}/${KEY}`).ino));
  t.equal(found.keep, KEY);
  t.equal(openAt(`${directory}/${KEY}`), 0);
});

t.test('a small object opens as its bytes, a large one as a file that is the asker’s to close', async (t) => {
  const engine = engineIn(t);
  for (const size of [0, 5, SMALL_BYTES, SMALL_BYTES + 1]) {
    const bytes = Buffer.alloc(size, 'x');
    await putBytes(engine, PHOTOS, KEY, bytes, md5Of(bytes), PLAINLY);
    const { info, body, fd } = await open(engine, PHOTOS, KEY);
    t.equal(info.size, size);
    const file = `${engine.buckets.get(PHOTOS).directory}/${KEY}`;
    if (size <= SMALL_BYTES) {
      t.ok(bytes.equals(body ?? Buffer.from('none')));
      t.equal(fd, undefined);
      t.equal(openAt(file), 0);
    } else {
      t.equal(body, undefined);
      t.equal(openAt(file), 1);
      const first = Buffer.alloc(3);
      t.equal(readFd(fd ?? -1, first, 0, 3, 0), 3);
      t.equal(first.toString(), 'xxx');
      closeFd(fd ?? -1);
    }
  }
});

t.test('an empty body under a key with a slash at its end is a directory, and opens as one', async (t) => {
  const engine = engineIn(t);
  const made = await putBytes(engine, PHOTOS, key('album/'), new Uint8Array(0), md5Of(''), PLAINLY);
  const { directory } = engine.buckets.get(PHOTOS);
  t.ok(statSync(`${directory}/album`).isDirectory());
  const opened = await open(engine, PHOTOS, key('album/'));
  t.match(opened, { info: { key: 'album/', size: 0, etag: made.etag }, fd: undefined, keep: undefined });
  t.equal(opened.body?.length, 0);
});

t.test('a file another program wrote may be kept once its stamp can vouch for it', async (t) => {
  const engine = engineIn(t);
  const { directory } = engine.buckets.get(PHOTOS);
  writeFileSync(`${directory}/plain`, 'plain');
  await tick();
  const opened = await open(engine, PHOTOS, key('plain'));
  t.equal(Buffer.from(opened.body ?? []).toString(), 'plain');
  t.equal(opened.keep, 'plain');
});

t.test('what a stamp alone does not tell is not to be kept', async (t) => {
  const engine = engineIn(t, { followSymlinks: true });
  const bytes = Buffer.from('x');
  await putBytes(engine, PHOTOS, KEY, bytes, md5Of(bytes), PLAINLY);
  t.equal((await head(engine, PHOTOS, KEY)).keep, undefined);
  const odd = engineIn(t);
  await putBytes(odd, PHOTOS, key('a//b'), bytes, md5Of(bytes), PLAINLY);
  t.match((await open(odd, PHOTOS, key('a//b'))).info, { size: 1, etag: md5Of(bytes) });
});

t.test(
  'a large body is written where it was claimed, published once, and leaves nothing behind',
  async (t) => {
    const engine = engineIn(t);
    const { directory } = engine.buckets.get(PHOTOS);
    const place = claim(engine, PHOTOS, KEY);
    const bytes = Buffer.from('large, say');
    writeFd(place.fd, bytes, 0, bytes.length, 0);
    await t.rejects(head(engine, PHOTOS, KEY), { code: 'NoSuchKey' });
    const info = await putTemporary(engine, PHOTOS, KEY, place, md5Of(bytes), PLAINLY);
    t.match(info, { size: 10, etag: md5Of(bytes) });
    t.equal(readFileSync(`${directory}/${KEY}`, 'utf8'), 'large, say');
    t.equal(openAt(`${directory}/${KEY}`), 0);
  },
);

t.test('a body refused or dropped leaves the object as it was and no file', async (t) => {
  const engine = engineIn(t);
  const { directory } = engine.buckets.get(PHOTOS);
  const bytes = Buffer.from('first');
  await putBytes(engine, PHOTOS, KEY, bytes, md5Of(bytes), PLAINLY);
  const request = putting(bytes, { conditions: { ifNoneMatch: '*' } });
  const refused = { code: 'PreconditionFailed' };
  await t.rejects(putBytes(engine, PHOTOS, KEY, Buffer.from('second'), '', request), refused);
  await t.rejects(putTemporary(engine, PHOTOS, KEY, claim(engine, PHOTOS, KEY), '', request), refused);
  drop(engine, PHOTOS, claim(engine, PHOTOS, KEY));
  t.equal(readFileSync(`${directory}/${KEY}`, 'utf8'), 'first');
  t.strictSame(readdirSync(`${directory}/a`), ['b.txt']);
  const left = readdirSync(`${directory}/.bucketree`, { recursive: true, withFileTypes: true });
  t.strictSame(
    left.filter((entry) => entry.isFile() && entry.parentPath.endsWith('tmp')),
    [],
  );
});

t.test('of many keys each has its own outcome, in the order asked', async (t) => {
  const engine = engineIn(t, { durability: 'full' });
  const { directory } = engine.buckets.get(PHOTOS);
  mkdirSync(`${directory}/full`);
  for (const name of ['z', 'a', 'full/x']) writeFileSync(`${directory}/${name}`, name);
  await tick();
  const ask = (name: string, conditions = {}): { key: ReturnType<typeof key>; conditions: object } => ({
    key: key(name),
    conditions,
  });
  const outcomes = await removeMany(engine, PHOTOS, [
    ask('z'),
    ask('none'),
    ask('a', { ifMatch: ['other'] }),
    ask('full/x'),
  ]);
  t.strictSame(
    outcomes.map(({ key: name, error }) => [name, error?.code]),
    [
      ['z', undefined],
      ['none', undefined],
      ['a', 'PreconditionFailed'],
      ['full/x', undefined],
    ],
  );
  t.strictSame(
    readdirSync(directory).filter((name) => name !== '.bucketree' && name !== 'full'),
    ['a'],
  );
  t.equal(openAt(directory), 1, 'open is the bucket itself, no directory that was synced');
});

t.test('nothing is claimed or put read-only', async (t) => {
  const engine = engineIn(t, { readOnly: true });
  const refused = { code: 'ReadOnly' };
  t.throws(() => claim(engine, PHOTOS, KEY), refused);
  await t.rejects(putBytes(engine, PHOTOS, KEY, Buffer.from('x'), '', PLAINLY), refused);
  await t.rejects(removeMany(engine, PHOTOS, []), refused);
  await t.rejects(open(engine, PHOTOS, KEY), { code: 'NoSuchKey' });
});
