import { deepStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import t from 'tap';
import { parseBucketName } from '../../../lib/names.js';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { Bucket } from '../../../lib/store/bucket.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { IMPLICIT } from '../../../lib/store/directories.js';
import { type Listing, listObjects } from '../../../lib/store/listing.js';
import type { ListQuery } from '../../../lib/store/model.js';
import { hiddenPlace, pathPlace } from '../../../lib/store/paths.js';
import { writeRecord } from '../../../lib/store/records.js';
import { KnownEtags } from '../../../lib/store/known-etags.js';
import { Snapshots } from '../../../lib/store/snapshots.js';
import { bucketIn, OPTIONS } from './bucket-in.js';
import type { Unlisted } from '../../../lib/store/unlisted.js';

const ALL: ListQuery = { prefix: '', delimiter: '', after: '', limit: 1000 };

function open(directory: string): Bucket {
  return new Bucket(parseBucketName('photos'), directory, true, OPTIONS);
}

function listing(report: (unlisted: Unlisted) => void = () => undefined): Listing {
  return {
    snapshots: new Snapshots({ maxBytes: 1024 * 1024 }),
    known: new KnownEtags({ maxBytes: 4096 }),
    report,
  };
}

/** Keys as they are; common prefixes with a `>` before them. */
function names(bucket: Bucket, query: Partial<ListQuery> = {}, how = listing()): string[] {
  return listObjects(bucket, { ...ALL, ...query }, how).entries.map((entry) =>
    entry.kind === 'prefix' ? `>${entry.prefix}` : entry.key,
  );
}

/** Puts a key where the store would: a path, or under `keys/` when something is in the way. */
function place(directory: string, key: string): void {
  const path = pathPlace(key);
  try {
    if (path === undefined) throw new Error('no path');
    if (path.directory) markDirectory(directory, path.path, 'directory');
    else {
      mkdirSync(`${directory}/${path.parent}`, { recursive: true });
      writeFileSync(`${directory}/${path.path}`, key, { flag: 'wx' });
    }
  } catch {
    const hidden = `${directory}/${hiddenPlace(key).path}`;
    mkdirSync(dirname(hidden), { recursive: true });
    writeFileSync(hidden, key);
  }
}

function markDirectory(directory: string, path: string, kind: 'directory' | 'implicit'): void {
  mkdirSync(`${directory}/${path}`, { recursive: true });
  const bucket = open(directory);
  const fd = openDirectory(`${directory}/${path}`);
  writeRecord(bucket, `${path}/`, fd, { ...IMPLICIT, kind, etag: EMPTY_ETAG }, undefined);
  closeFd(fd);
  bucket.close();
}

const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What S3 says of a set of keys, in the plainest way. */
function model(keys: readonly string[], { prefix, delimiter, after, limit }: ListQuery): string[] {
  const common = (key: string): string | undefined => {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return at === -1 ? undefined : key.slice(0, at + delimiter.length);
  };
  const skipsBelow = after.startsWith(prefix) && common(after) === after;
  const listed = keys
    .filter((key) => key.startsWith(prefix) && bytes(key, after) > 0)
    .filter((key) => !(skipsBelow && key.startsWith(after)))
    .toSorted(bytes)
    .map((key) => (common(key) === undefined ? key : `>${common(key)}`));
  return [...new Set(listed)].slice(0, limit);
}

const segment = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', 'a-', 'ab', 'A', '0', 'é', '\u{1f600}', '\ufffd', '\u0001', '~', 'a\nb'),
  fc.constantFrom('a', 'b', 'c'),
);
const strange = fc.constantFrom(
  'a//b',
  '../x',
  '/',
  'a/./b',
  '..',
  `${'x'.repeat(300)}/y`,
  'a\0',
  '.bucketree/z',
);
const key = fc.oneof(
  { weight: 5, arbitrary: fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')) },
  {
    weight: 1,
    arbitrary: fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('/')}/`),
  },
  { weight: 1, arbitrary: strange },
);
const part = fc.oneof(
  fc.constantFrom('', 'a', 'a/', 'b/', 'a.', '/', '../', 'a/b', 'a//', 'x', '\u{1f600}', 'z'.repeat(400)),
  key,
);
const delimiter = fc.oneof(
  { weight: 3, arbitrary: fc.constant('/') },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.constantFrom('a', 'b/', '/a', '.', '//', 'b', '\u{1f600}', 'a/b') },
);

t.test('any tree lists as the sorted set of its keys would', (t) => {
  const directory = t.testdir();
  let run = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 25 }),
      fc.array(fc.tuple(part, delimiter, part, fc.integer({ min: 1, max: 6 })), {
        minLength: 8,
        maxLength: 8,
      }),
      (keys, queries) => {
        const root = `${directory}/${run++}`;
        mkdirSync(root);
        for (const each of keys) place(root, each);
        // Directories that recursive mkdir made would list if they were empty; none of them is.
        const bucket = open(root);
        const how = listing();
        try {
          deepStrictEqual(names(bucket, {}, how), model(keys, ALL));
          for (const [prefix, by, after, limit] of queries) {
            const query = { prefix, delimiter: by, after, limit };
            deepStrictEqual(names(bucket, query, how), model(keys, query));
            const paged: string[] = [];
            for (let from = ''; ;) {
              const page = listObjects(bucket, { ...query, after: from }, how);
              paged.push(...page.entries.map((e) => (e.kind === 'prefix' ? `>${e.prefix}` : e.key)));
              if (!page.truncated) break;
              from = page.next;
            }
            deepStrictEqual(paged, model(keys, { ...query, after: '', limit: 1000 }));
          }
        } finally {
          bucket.close();
          rmSync(root, { recursive: true });
        }
      },
    ),
    { numRuns: 150 },
  );
  t.pass('in every run');
  t.end();
});

t.test('directories list as what they are: objects always, empty ones of others, and never our own', (t) => {
  const directory = t.testdir({ foreign: {}, full: { file: '' } });
  markDirectory(directory, 'object', 'directory');
  writeFileSync(`${directory}/object/file`, '');
  markDirectory(directory, 'ours/below', 'implicit');
  markDirectory(directory, 'ours', 'implicit');
  const bucket = bucketIn(t, {}, directory);
  t.strictSame(names(bucket), ['foreign/', 'full/file', 'object/', 'object/file']);
  t.strictSame(names(bucket, { delimiter: '/' }), ['>foreign/', '>full/', '>object/']);
  t.strictSame(names(bucket, { delimiter: '/', prefix: 'object/' }), ['object/', 'object/file']);
  t.strictSame(names(bucket, { delimiter: '/', prefix: 'foreign/' }), ['foreign/']);
  t.strictSame(names(bucket, { delimiter: '/', prefix: 'ours/' }), []);
  t.strictSame(names(bucket, { delimiter: '/', prefix: 'obj' }), ['>object/']);
  t.end();
});

t.test('what is no object is left out, and said once a page', (t) => {
  const directory = t.testdir({
    a: { '.bucketree': { tmp: { x: '' } } },
    '.bucketree': { tmp: { x: '' } },
    b: '',
  });
  execFileSync('mkfifo', [`${directory}/pipe`]);
  symlinkSync('b', `${directory}/link`);
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x62, 0xff])]), '');
  const reported: Unlisted[] = [];
  const bucket = bucketIn(t, {}, directory);
  t.strictSame(
    names(
      bucket,
      {},
      listing((unlisted) => reported.push(unlisted)),
    ),
    ['a/', 'b'],
  );
  t.strictSame(reported, [{ directory: '', why: 'unnameable', count: 1 }]);
  t.end();
});

t.test('of a key at both its places the path lists, and the hidden one when the path has gone', (t) => {
  const directory = t.testdir({ a: 'a file stands here' });
  place(directory, 'a/b');
  const bucket = bucketIn(t, {}, directory);
  const sizes = (): unknown =>
    listObjects(bucket, ALL, listing()).entries.map(
      (entry) => entry.kind === 'object' && [entry.key, entry.size],
    );
  t.strictSame(sizes(), [
    ['a', 18],
    ['a/b', 3],
  ]);
  rmSync(`${directory}/a`);
  mkdirSync(`${directory}/a`);
  writeFileSync(`${directory}/a/b`, 'in the way');
  t.strictSame(sizes(), [['a/b', 10]]);
  t.end();
});

t.test("files under keys/ that we did not make are nobody's keys", (t) => {
  const directory = t.testdir({
    '.bucketree': { keys: { '61': '', 'zz.': '', '6a.': '', '6A.': '', x: { y: '' } } },
  });
  t.strictSame(names(bucketIn(t, {}, directory)), ['j']);
  t.end();
});

t.test('where a page starts inside a common prefix, the rest of it still counts', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: '', c: '' }, d: '' }));
  t.strictSame(names(bucket, { delimiter: '/', after: 'a/b' }), ['>a/', 'd']);
  t.strictSame(names(bucket, { delimiter: '/', after: 'a/c' }), ['d']);
  t.strictSame(names(bucket, { delimiter: '/', after: 'a/' }), ['d']);
  t.strictSame(names(bucket, { after: 'a/' }), ['a/b', 'a/c', 'd']);
  t.end();
});

t.test('a page says whether there is more, and where it ended', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '', b: { c: '' } }));
  const page = (limit: number): unknown => {
    const { truncated, next } = listObjects(bucket, { ...ALL, delimiter: '/', limit }, listing());
    return { truncated, next };
  };
  t.strictSame(page(0), { truncated: false, next: '' });
  t.strictSame(page(1), { truncated: true, next: 'a' });
  t.strictSame(page(2), { truncated: false, next: 'b/' });
  t.end();
});

t.test('half a character is in no key', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ '\u{1f600}': '', '\ufffd': '' }));
  t.strictSame(names(bucket, { prefix: '\ud83d' }), []);
  t.strictSame(names(bucket, { delimiter: '\ude00' }), ['\ufffd', '\u{1f600}']);
  t.end();
});

t.test('followed links list beneath the bucket', (t) => {
  const directory = t.testdir({ a: { b: '' }, '.bucketree': { tmp: { x: '' } } });
  symlinkSync('a', `${directory}/link`);
  symlinkSync('a/b', `${directory}/file`);
  symlinkSync('.bucketree/tmp', `${directory}/reserved`);
  symlinkSync('/etc', `${directory}/out`);
  symlinkSync('..', `${directory}/a/up`);
  const bucket = bucketIn(t, { followSymlinks: true }, directory);
  t.strictSame(names(bucket), ['a/b', 'file', 'link/b']);
  t.strictSame(names(bucket, { delimiter: '/' }), ['>a/', 'file', '>link/']);
  t.end();
});

t.test('a key that was just written or removed is there or is not', (t) => {
  const directory = t.testdir({ a: '' });
  const bucket = bucketIn(t, {}, directory);
  const how = listing();
  for (let i = 0; i < 300; i++) {
    writeFileSync(`${directory}/b`, '');
    t.strictSame(names(bucket, {}, how), ['a', 'b']);
    rmSync(`${directory}/b`);
    t.strictSame(names(bucket, {}, how), ['a']);
  }
  t.end();
});

t.test(
  'while others put and delete in one directory, listings neither fail nor show what is not there',
  async (t) => {
    const directory = t.testdir({ stays: '' });
    const bucket = bucketIn(t, {}, directory);
    const before = readdirSync('/proc/self/fd').length;
    const workers = ['x', 'y'].map(
      (name) =>
        new Worker(new URL('./put-and-delete.js', import.meta.url), { workerData: { directory, name } }),
    );
    const ends = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    const how = listing();
    const seen = new Set<string>();
    for (let running = true; running;) {
      for (const entry of names(bucket, {}, how)) seen.add(entry);
      for (const entry of names(bucket, { delimiter: '/' }, how)) seen.add(entry);
      for (const entry of names(bucket, { delimiter: '/', prefix: 'a/' }, how)) seen.add(entry);
      running = (await Promise.race([
        Promise.all(ends).then(() => false),
        new Promise((resolve) => setImmediate(resolve, true)),
      ])) as boolean;
    }
    t.strictSame(await Promise.all(ends), [0, 0]);
    const allowed = new Set(['stays', 'a/b/x', 'a/b/y', '>a/', '>a/b/']);
    t.strictSame(
      [...seen].filter((entry) => !allowed.has(entry)),
      [],
    );
    t.ok(seen.has('a/b/x') && seen.has('>a/'), 'and they did see what was there');
    t.strictSame(names(bucket, {}, how), ['stays']);
    t.ok(readdirSync('/proc/self/fd').length <= before, 'nothing stays open');
  },
);
