import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import type { UploadId } from '../../../lib/names.js';
import { closeFd } from '../../../lib/os/open.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { completeUpload } from '../../../lib/store/complete.js';
import { infoOf, inspect } from '../../../lib/store/inspect.js';
import type { ObjectInfo, PartInfo } from '../../../lib/store/model.js';
import { claimPart, commitPart, dropClaim } from '../../../lib/store/parts.js';
import { close } from '../../../lib/store/publish.js';
import { abortUpload, createUpload, findUpload } from '../../../lib/store/uploads.js';
import { tryOpenUpload, writeResult } from '../../../lib/store/upload.js';
import { startNode } from '../os/another-process.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { md5Of } from './md5-of.js';
import { ANY_SIZE, completion, creation, fill, received, upload } from './multipart.js';

const KEY = key('2026/film.bin');

function head(bucket: Bucket, name = KEY): ObjectInfo | undefined {
  const found = inspect(bucket, name);
  close(found);
  return found === undefined ? undefined : infoOf(name, found);
}

function content(bucket: Bucket, name: string = KEY): string {
  return readFileSync(`${bucket.directory}/${name}`, 'utf8');
}

function place(bucket: Bucket, id: UploadId): string {
  return `${bucket.directory}/.bucketree/uploads/${id}`;
}

interface Begun {
  readonly id: UploadId;
  readonly parts: PartInfo[];
}

async function begun(bucket: Bucket, ...texts: readonly string[]): Promise<Begun> {
  const { id } = await createUpload(bucket, KEY, creation());
  const parts: PartInfo[] = [];
  for (const [at, text] of texts.entries()) parts.push(await upload(bucket, KEY, id, at + 1, text));
  return { id, parts };
}

function crcOf(text: string): string | undefined {
  return received(Buffer.from(text)).checksums[0]?.value;
}

t.test(
  'parts in their slots become the object by a rename: it is the file they were written to',
  async (t) => {
    const bucket = bucketIn(t);
    const { id, parts } = await begun(bucket, 'aaaa', 'bbbb', 'cc');
    const { ino } = statSync(`${place(bucket, id)}/content`);
    const info = await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
    t.equal(content(bucket), 'aaaabbbbcc');
    t.equal(statSync(`${bucket.directory}/${KEY}`).ino, ino);
    t.match(info, {
      key: KEY,
      size: 10,
      parts: [{ number: 1, size: 4 }, { size: 4 }, { number: 3, size: 2 }],
    });
    const md5s = Buffer.from(['aaaa', 'bbbb', 'cc'].map(md5Of).join(''), 'hex');
    t.equal(info.etag, `${createHash('md5').update(md5s).digest('hex')}-3`);
    t.same(head(bucket), info, 'and HEAD says what Complete said');
    t.same(info.checksums, [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: crcOf('aaaabbbbcc') }]);
    t.notOk(existsSync(place(bucket, id)));
  },
);

t.test(
  'everything that is not 1 to n in slots is put together, whatever the order and the sizes',
  async (t) => {
    const bucket = bucketIn(t);
    const { id } = await createUpload(bucket, KEY, creation());
    const last = await upload(bucket, KEY, id, 9, 'the end');
    const middle = await upload(bucket, KEY, id, 5, 'in the middle, ');
    await upload(bucket, KEY, id, 2, 'a first try');
    await upload(bucket, KEY, id, 3, 'never asked for');
    const first = await upload(bucket, KEY, id, 2, 'first, ');
    const info = await completeUpload(bucket, KEY, id, completion([first, middle, last]), ANY_SIZE);
    t.equal(content(bucket), 'first, in the middle, the end');
    t.same(info.parts?.map(({ number, size }) => [number, size]), [[2, 7], [5, 15], [9, 7]]); // prettier-ignore
    t.same(head(bucket), info);
    t.notOk(existsSync(place(bucket, id)));
  },
);

t.test('a Complete of fewer parts than there are leaves the others out', async (t) => {
  const bucket = bucketIn(t);
  const { id, parts } = await begun(bucket, 'aaaa', 'bbbb', 'cccc');
  await completeUpload(bucket, KEY, id, completion(parts.slice(0, 2)), ANY_SIZE);
  t.equal(content(bucket), 'aaaabbbb');
});

t.test('what an attempt left behind the last part is cut off', async (t) => {
  const bucket = bucketIn(t);
  const { id, parts } = await begun(bucket, 'aaaa', 'bb');
  const claim = claimPart(bucket, KEY, id, 7, 4);
  fill(claim, Buffer.from('junk'));
  dropClaim(bucket, claim);
  const { ino } = statSync(`${place(bucket, id)}/content`);
  await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
  t.equal(content(bucket), 'aaaabb');
  t.equal(statSync(`${bucket.directory}/${KEY}`).ino, ino);
});

t.test('an attempt still writing into its slot never reaches the published object', async (t) => {
  const bucket = bucketIn(t);
  const { id, parts } = await begun(bucket, 'aaaa', 'bb');
  const claim = claimPart(bucket, KEY, id, 3, 4);
  await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
  fill(claim, Buffer.from('late'));
  t.equal(content(bucket), 'aaaabb');
  await t.rejects(commitPart(bucket, KEY, id, 3, claim, received(Buffer.from('late'))), {
    code: 'NoSuchUpload',
  });
  t.equal(content(bucket), 'aaaabb');
});

t.test('a repeated Complete gets the same answer, for the same parts and key only', async (t) => {
  const bucket = bucketIn(t);
  const { id, parts } = await begun(bucket, 'aaaa', 'bb');
  const request = completion(parts, { conditions: { ifNoneMatch: '*' } });
  const info = await completeUpload(bucket, KEY, id, request, ANY_SIZE);
  t.same(await completeUpload(bucket, KEY, id, request, ANY_SIZE), info);
  const gone = { code: 'NoSuchUpload' };
  await t.rejects(completeUpload(bucket, KEY, id, completion(parts.slice(0, 1)), ANY_SIZE), gone);
  await t.rejects(completeUpload(bucket, key('other'), id, request, ANY_SIZE), gone);
  t.throws(() => findUpload(bucket, KEY, id), gone);
  await t.rejects(abortUpload(bucket, KEY, id), gone);
  t.throws(() => claimPart(bucket, KEY, id, 1, 4), gone);
  writeFileSync(`${bucket.directory}/${KEY}`, 'overwritten');
  t.same(await completeUpload(bucket, KEY, id, request, ANY_SIZE), info);
  t.equal(content(bucket), 'overwritten', 'and changes nothing');
});

t.test('a Complete that fails its conditions leaves the upload usable, in place or not', async (t) => {
  for (const texts of [
    ['aaaa', 'bb'],
    ['aaaa', 'longer than the first'],
  ]) {
    const bucket = bucketIn(t, {}, t.testdir({ '2026': { 'film.bin': 'there' } }));
    const { id, parts } = await begun(bucket, ...texts);
    const request = completion(parts, { conditions: { ifNoneMatch: '*' } });
    for (let again = 0; again < 2; again++) {
      await t.rejects(completeUpload(bucket, KEY, id, request, ANY_SIZE), { code: 'PreconditionFailed' });
    }
    t.equal(content(bucket), 'there');
    parts[1] = await upload(bucket, KEY, id, 2, 'another');
    const info = await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
    t.equal(content(bucket), 'aaaaanother');
    t.same(head(bucket), info);
  }
});

t.test('two Completes at once: both get the one answer', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  for (const texts of [
    ['aaaa', 'bb'],
    ['aaaa', 'longer than the first'],
  ]) {
    const { id, parts } = await begun(bucket, ...texts);
    const all = await Promise.all(
      [1, 2, 3].map(() => completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE)),
    );
    t.same(all[1], all[0]);
    t.same(all[2], all[0]);
    t.equal(content(bucket), texts.join(''));
    t.same(head(bucket), all[0]);
  }
});

t.test(
  'Completes of two processes at once: If-None-Match lets one publish, both get its answer',
  async (t) => {
    const bucket = bucketIn(t);
    const { id, parts } = await begun(bucket, 'aaaa', 'bb');
    const request = completion(parts, { conditions: { ifNoneMatch: '*' } });
    const other = await startNode(`
    import { createInterface } from 'node:readline';
    const { Bucket } = await import('$LIB../store/bucket.js');
    const { completeUpload } = await import('$LIB../store/complete.js');
    const bucket = new Bucket('photos', ${JSON.stringify(bucket.directory)}, true, ${JSON.stringify(bucket.options)});
    console.log('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      const [key, id, request] = JSON.parse(line);
      console.log(JSON.stringify(await completeUpload(bucket, key, id, request, 0)));
    }`);
    const theirs = other.ask(JSON.stringify([KEY, id, request]));
    const ours = await completeUpload(bucket, KEY, id, request, ANY_SIZE);
    t.same(JSON.parse(await theirs), ours);
    await other.end();
  },
);

t.test(
  'a process killed anywhere leaves the old object and the upload, or the new one and its answer',
  async (t) => {
    const bucket = bucketIn(t);
    const { id, parts } = await begun(bucket, 'aaaa', 'bb');
    const request = completion(parts);
    // Killed with the answer written down and the object not yet in place.
    const half = tryOpenUpload(bucket, id);
    if (half === undefined) return t.fail('there is no upload');
    const never = { key: KEY, etag: 'x' } as unknown as ObjectInfo;
    closeFd(writeResult(half.directory, { file: 'content', info: never }));
    t.equal(findUpload(bucket, KEY, id).id, id, 'the upload is still there');
    half.close();
    // Killed right after the rename: what is left is the directory with the answer and without the content.
    const other = await startNode(`
    const { Bucket } = await import('$LIB../store/bucket.js');
    const { completeUpload } = await import('$LIB../store/complete.js');
    const bucket = new Bucket('photos', ${JSON.stringify(bucket.directory)}, true, ${JSON.stringify(bucket.options)});
    const openOwn = bucket.openOwn.bind(bucket);
    bucket.openOwn = (path) => {
      if (path !== '.bucketree/uploads/completed') return openOwn(path);
      console.log('ready');
      process.kill(process.pid, 'SIGKILL');
    };
    await completeUpload(bucket, ${JSON.stringify(KEY)}, '${id}', ${JSON.stringify(request)}, 0);`);
    await other.end();
    t.equal(content(bucket), 'aaaabb');
    t.ok(existsSync(`${place(bucket, id)}/log`), 'it was killed before it could clear away');
    t.throws(() => findUpload(bucket, KEY, id), { code: 'NoSuchUpload' });
    t.throws(() => claimPart(bucket, KEY, id, 1, 4), { code: 'NoSuchUpload' });
    t.same(await completeUpload(bucket, KEY, id, request, ANY_SIZE), head(bucket));
    t.notOk(existsSync(place(bucket, id)));
  },
);

t.test(
  'the published file is what a new one in its directory is; a replaced one keeps its mode',
  async (t) => {
    const bucket = bucketIn(t);
    mkdirSync(`${bucket.directory}/2026`);
    writeFileSync(`${bucket.directory}/2026/plain`, '');
    const plain = statSync(`${bucket.directory}/2026/plain`);
    const first = await begun(bucket, 'aaaa', 'bb');
    t.equal(statSync(`${place(bucket, first.id)}/content`).mode & 0o777, 0o600, 'private until then');
    await completeUpload(bucket, KEY, first.id, completion(first.parts), ANY_SIZE);
    const { mode, uid, gid } = statSync(`${bucket.directory}/${KEY}`);
    t.same({ mode, uid, gid }, { mode: plain.mode, uid: plain.uid, gid: plain.gid });
    chmodSync(`${bucket.directory}/${KEY}`, 0o640);
    const second = await begun(bucket, 'cccc', 'dd');
    await completeUpload(bucket, KEY, second.id, completion(second.parts), ANY_SIZE);
    t.equal(statSync(`${bucket.directory}/${KEY}`).mode & 0o777, 0o640);
  },
);

t.test('metadata given at Create is the object’s, and it is new now', async (t) => {
  const bucket = bucketIn(t);
  const attributes = {
    system: { contentType: 'video/x-own', cacheControl: 'no-store' },
    user: { author: 'Ada' },
    tags: [{ key: 'a', value: 'b' }],
    storageClass: 'COLD',
  };
  const { id } = await createUpload(bucket, KEY, creation({ attributes }), Date.now() - 1e9);
  const part = await upload(bucket, KEY, id, 1, 'x');
  const before = Date.now();
  const info = await completeUpload(bucket, KEY, id, completion([part]));
  t.match(info, { ...attributes, contentType: 'video/x-own' });
  t.ok(info.modified >= before);
  t.same(head(bucket), info);
});

t.test('ten thousand parts are the object’s parts', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation({ checksumAlgorithm: 'SHA256' }));
  const parts: PartInfo[] = [];
  for (let number = 1; number <= 10_000; number++) {
    parts.push(await upload(bucket, KEY, id, number, `${number}`.padStart(8), ['SHA256']));
  }
  const info = await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
  t.equal(info.size, 80_000);
  t.equal(info.parts?.length, 10_000);
  t.same(head(bucket), info, 'and HEAD knows them all');
  t.match(info.checksums, [{ algorithm: 'SHA256', type: 'COMPOSITE', value: /-10000$/ }]);
});

t.test('a key that no path can express is completed as well', async (t) => {
  const odd = key('a//b');
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, odd, creation());
  const part = await upload(bucket, odd, id, 1, 'odd');
  const info = await completeUpload(bucket, odd, id, completion([part]));
  t.same(head(bucket, odd), info);
});

t.test('on another filesystem mounted inside the bucket', async (t) => {
  const { refused, parent, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.comment(refused);
  t.teardown(() => rmSync(`${parent}/.bucketree`, { recursive: true }));
  const bucket = bucketIn(t, {}, parent);
  const there = key('mnt/film.bin');
  const { id } = await createUpload(bucket, there, creation());
  const parts = [await upload(bucket, there, id, 1, 'aaaa'), await upload(bucket, there, id, 2, 'bb')];
  const failing = completion(parts, { conditions: { ifMatch: '*' } });
  await t.rejects(completeUpload(bucket, there, id, failing, ANY_SIZE), { code: 'NoSuchKey' });
  const info = await completeUpload(bucket, there, id, completion(parts), ANY_SIZE);
  t.equal(readFileSync(`${path}/film.bin`, 'utf8'), 'aaaabb');
  t.same(await completeUpload(bucket, there, id, completion(parts), ANY_SIZE), info);
  t.notOk(existsSync(place(bucket, id)));
});

t.test('on a filesystem without attributes and unnamed files', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused !== false) return t.comment(refused);
  const bucket = bucketIn(t, {}, path);
  t.notOk(bucket.volume.attributes);
  for (const texts of [
    ['aaaa', 'bb'],
    ['aaaa', 'longer than the first'],
  ]) {
    const { id, parts } = await begun(bucket, ...texts);
    const refusing = completion(parts, { conditions: { ifMatch: ['other'] } });
    await t.rejects(completeUpload(bucket, KEY, id, refusing, ANY_SIZE));
    const info = await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
    t.equal(content(bucket), texts.join(''));
    t.match(head(bucket), { size: info.size, etag: info.etag, checksums: info.checksums });
  }
});

/** What a client does to one part. */
interface Step {
  readonly number: number;
  readonly size: number;
  readonly fate: 'kept' | 'dropped' | 'undeclared' | 'unfinished';
}

const step: fc.Arbitrary<Step> = fc.record({
  number: fc.integer({ min: 1, max: 6 }),
  size: fc.constantFrom(0, 1, 3, 4, 4, 4, 4, 9),
  fate: fc.constantFrom('kept', 'kept', 'kept', 'dropped', 'undeclared', 'unfinished'),
});

t.test(
  'whatever is uploaded, and how often, the object is the last acknowledged bytes of each part',
  async (t) => {
    const bucket = bucketIn(t);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), fc.boolean(), async (steps, gaps) => {
        const { id } = await createUpload(bucket, KEY, creation());
        const model = new Map<number, { text: string; part: PartInfo }>();
        const open: (() => void)[] = [];
        for (const [at, { number, size, fate }] of steps.entries()) {
          const bytes = Buffer.alloc(size, 97 + at);
          const claim = claimPart(bucket, KEY, id, number, fate === 'undeclared' ? undefined : size);
          fill(claim, fate === 'unfinished' ? bytes.subarray(0, size / 2) : bytes);
          if (fate === 'dropped') dropClaim(bucket, claim);
          else if (fate === 'unfinished') open.push(() => dropClaim(bucket, claim));
          else {
            const part = await commitPart(bucket, KEY, id, number, claim, received(bytes));
            model.set(number, { text: bytes.toString(), part });
          }
        }
        const chosen = [...model.entries()]
          .sort(([a], [b]) => a - b)
          .filter(([number]) => !gaps || number !== 2);
        if (chosen.length === 0) return;
        const parts = chosen.map(([, { part }]) => part);
        const info = await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE);
        open.forEach((drop) => drop());
        const text = chosen.map(([, known]) => known.text).join('');
        t.equal(content(bucket), text);
        t.same(head(bucket), info);
        t.equal(info.checksums[0]?.value, crcOf(text));
      }),
      { numRuns: 150 },
    );
  },
);
