import { deepStrictEqual } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { parseBucketName } from '../../../lib/names.js';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { Bucket, type BucketOptions } from '../../../lib/store/bucket.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { IMPLICIT } from '../../../lib/store/directories.js';
import { type Listing, listObjects } from '../../../lib/store/listing.js';
import type { ListQuery } from '../../../lib/store/model.js';
import { hiddenPlace, pathPlace } from '../../../lib/store/paths.js';
import { writeRecord } from '../../../lib/store/records.js';
import { KnownEtags } from '../../../lib/store/known-etags.js';
import { Snapshots } from '../../../lib/store/snapshots.js';
import type { Unlisted } from '../../../lib/store/unlisted.js';

const OPTIONS: BucketOptions = {
  followSymlinks: false,
  readOnly: false,
  durability: 'none',
  owner: undefined,
  umask: undefined,
};

const ALL: ListQuery = { prefix: '', delimiter: '', after: '', limit: 1000 };

function open(directory: string, options: Partial<BucketOptions> = {}): Bucket {
  return new Bucket(parseBucketName('photos'), directory, true, { ...OPTIONS, ...options });
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
