import { linkSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import { writeFd } from '../../../lib/os/open.js';
import { append } from '../../../lib/store/append.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { dropTemporary, makeTemporary } from '../../../lib/store/temporary.js';
import { startNode } from '../os/another-process.js';
import { bucketIn, key } from './bucket-in.js';
import { received } from './multipart.js';
import { bodyOf, head, put, putting, type Putting } from './objects.js';

const KEY = key('logs/today.txt');

function add(
  bucket: Bucket,
  text: string,
  offset: number,
  how: Putting = { algorithms: ['CRC64NVME'] },
  name: ObjectKey = KEY,
): Promise<ObjectInfo> {
  const bytes = Buffer.from(text);
  const { size, md5 } = received(bytes);
  return append(bucket, name, { content: bytes, size, md5 }, offset, putting(bytes, how));
}

t.test('at offset 0 an object is made, and then grows at its end, in its own file', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const attributes = { user: { by: 'me' } };
  const made = await add(bucket, 'one ', 0, { algorithms: ['CRC64NVME'], attributes });
  t.match(made, { size: 4, etag: received(Buffer.from('one ')).md5 });
  const { ino } = statSync(`${bucket.directory}/${KEY}`);
  const grown = await add(bucket, 'two', 4);
  t.equal(bodyOf(bucket, KEY), 'one two');
  t.equal(statSync(`${bucket.directory}/${KEY}`).ino, ino);
  t.match(grown, { size: 7, etag: /^[0-9a-f]{32}-2$/, user: { by: 'me' } });
  const { checksums } = received(Buffer.from('one two'));
  t.match(grown.checksums, checksums);
  t.same(head(bucket, KEY), grown);
  t.match(await add(bucket, '', 7), { size: 7, etag: /-3$/ });
});

t.test('any other offset than the size is refused and changes nothing', async (t) => {
  const bucket = bucketIn(t);
  await t.rejects(add(bucket, 'x', 1), { code: 'InvalidOffset', detail: { size: 0 } });
  t.equal(head(bucket, KEY), undefined);
  const info = await put(bucket, KEY, 'four');
  for (const offset of [0, 3, 5]) {
    await t.rejects(add(bucket, 'x', offset), { code: 'InvalidOffset', detail: { size: 4 } });
  }
  await t.rejects(add(bucket, 'x', 4, { conditions: { ifMatch: ['other'] } }), {
    code: 'PreconditionFailed',
  });
  t.same(head(bucket, KEY), info);
  t.match(await add(bucket, 'x', 4, { conditions: { ifMatch: [info.etag] } }), { size: 5 });
});

t.test('a body in a temporary file is added as well, and stays its owner’s', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, KEY, 'one ');
  const temporary = makeTemporary(bucket, 'logs');
  writeFd(temporary.fd, Buffer.from('two'), 0, 3, 0);
  const { md5 } = received(Buffer.from('two'));
  await append(bucket, KEY, { content: temporary, size: 3, md5 }, 4, putting(Buffer.from('two'), {}));
  dropTemporary(bucket, temporary);
  t.equal(bodyOf(bucket, KEY), 'one two');
});

t.test('checksums are kept only where both pieces have the same CRC', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, KEY, 'one ', { algorithms: ['CRC32', 'SHA256'] });
  t.match((await add(bucket, 'two', 4, { algorithms: ['CRC32', 'SHA256'] })).checksums, [
    received(Buffer.from('one two'), ['CRC32']).checksums[0],
  ]);
  t.same((await add(bucket, '!', 7, { algorithms: ['CRC32C'] })).checksums, []);
  await put(bucket, KEY, '');
  t.match((await add(bucket, 'x', 0, { algorithms: ['SHA256'] })).checksums, [{ algorithm: 'SHA256' }]);
});

t.test('a file from elsewhere grows, without a checksum of what nobody knows', async (t) => {
  const bucket = bucketIn(t);
  writeFileSync(`${bucket.directory}/plain`, 'plain ');
  await sleep(30);
  const info = await add(bucket, 'text', 6, { algorithms: ['CRC64NVME'] }, key('plain'));
  t.same(info.checksums, []);
  t.equal(bodyOf(bucket, key('plain')), 'plain text');
  t.same(head(bucket, key('plain')), info);
});

t.test('a file with other hard links is split off: they do not grow', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, KEY, 'shared');
  linkSync(`${bucket.directory}/${KEY}`, `${bucket.directory}/link`);
  const info = await add(bucket, ' no more', 6);
  t.same(head(bucket, KEY), info);
  t.equal(bodyOf(bucket, KEY), 'shared no more');
  t.equal(readFileSync(`${bucket.directory}/link`, 'utf8'), 'shared');
});

t.test('an append that cannot be written is taken back', async (t) => {
  const bucket = bucketIn(t);
  const info = await put(bucket, KEY, 'whole');
  const content = { fd: -1, name: undefined };
  await t.rejects(append(bucket, KEY, { content, size: 3, md5: '' }, 5, putting(Buffer.from('abc'), {})));
  t.equal(bodyOf(bucket, KEY), 'whole');
  t.same(head(bucket, KEY), info);
});

t.test('an object has at most 10,000 pieces', async (t) => {
  const bucket = bucketIn(t);
  let size = 0;
  for (; size < 10_000; size++) await add(bucket, 'x', size, {});
  await t.rejects(add(bucket, 'x', size, {}), { code: 'TooManyParts' });
  t.equal(statSync(`${bucket.directory}/${KEY}`).size, 10_000);
});

t.test('of appends at the same offset, from two processes, one wins each time', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, KEY, '');
  const other = await startNode(`
    import { createInterface } from 'node:readline';
    const { Bucket } = await import('$LIB../store/bucket.js');
    const { append } = await import('$LIB../store/append.js');
    const bucket = new Bucket('photos', ${JSON.stringify(bucket.directory)}, true, ${JSON.stringify(bucket.options)});
    const request = { attributes: { system: {}, user: {}, tags: [], storageClass: 'STANDARD' }, conditions: {}, checksums: [] };
    const added = { content: Buffer.from('b'), size: 1, md5: '' };
    console.log('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      let won = 0;
      for (let offset = 0; offset < 300; offset++) {
        await append(bucket, ${JSON.stringify(KEY)}, added, offset, request).then(() => won++, (error) => {
          if (error.code !== 'InvalidOffset') throw error;
          if (error.detail.size <= offset) offset--;
        });
      }
      console.log(won);
    }`);
  const theirs = other.ask('go');
  let ours = 0;
  for (let offset = 0; offset < 300; offset++) {
    await add(bucket, 'a', offset, {}).then(
      () => ours++,
      (error: { code: string; detail: { size: number } }) => {
        if (error.code !== 'InvalidOffset') throw error;
        if (error.detail.size <= offset) offset--;
      },
    );
  }
  const sum = ours + Number(await theirs);
  await other.end();
  const body = bodyOf(bucket, KEY) ?? '';
  t.equal(body.length, sum);
  t.equal(body.replaceAll('b', '').length, ours, 'no byte was lost or written over');
});

t.test('pieces of any size make the object they make together', async (t) => {
  const bucket = bucketIn(t);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 9 }), { minLength: 1, maxLength: 6 }), async (texts) => {
      let whole = '';
      await put(bucket, KEY, '');
      for (const text of texts) {
        const info = await add(bucket, text, Buffer.byteLength(whole));
        whole += text;
        t.match(info.checksums, received(Buffer.from(whole)).checksums);
      }
      t.equal(bodyOf(bucket, KEY), whole);
    }),
    { numRuns: 50 },
  );
});
