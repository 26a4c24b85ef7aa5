/**
 * ListObjects: the keys that are paths and the hidden ones under `keys/`, merged in UTF-8 byte order, grouped
 * by the delimiter. docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import { MAX_KEY_BYTES } from '../names.js';
import { isErrno } from '../os/system-error.js';
import { coarseTimeNs } from '../os/times.js';
import type { Bucket } from './bucket.js';
import type { KnownEtags } from './known-etags.js';
import { KEYS } from './layout.js';
import { listedDirectory, listedFile } from './listed-object.js';
import type { ListedObject, ListedPrefix, ListPage, ListQuery } from './model.js';
import { hiddenPrefix, keyOfHidden } from './paths.js';
import type { Snapshots } from './snapshots.js';
import { TreeCursor } from './tree-cursor.js';
import type { Unlisted } from './unlisted.js';

export interface Listing {
  readonly snapshots: Snapshots;
  readonly known: KnownEtags;
  /** Called for everything left out, each time it is left out. */
  readonly report: (unlisted: Unlisted) => void;
}

/** A name of n bytes under `keys/` takes 2n and a few more. */
const LONGEST_HIDDEN = 3 * MAX_KEY_BYTES;

/**
 * One page. Between two pages nothing is remembered but `after`.
 * @throws SystemError when the disk fails; what we may not read is left out and reported
 */
export function listObjects(bucket: Bucket, asked: ListQuery, listing: Listing): ListPage {
  // Half a character occurs in no key.
  const query = asked.delimiter.isWellFormed() ? asked : { ...asked, delimiter: '' };
  const { prefix, delimiter, limit } = query;
  if (limit < 1 || !prefix.isWellFormed()) return { entries: [], truncated: false, next: '' };
  const bound = startOf(query);
  const sources = [pathSource(bucket, query, listing), hiddenSource(bucket, query, listing)] as const;
  const entries: (ListedObject | ListedPrefix)[] = [];
  let truncated = false;
  try {
    for (const source of sources) source.seek(bound);
    for (let source = first(sources); source !== undefined; source = first(sources)) {
      const key = source.key ?? '';
      const common = commonPrefix(key, prefix, delimiter);
      const entry = common === undefined ? source.describe() : ({ kind: 'prefix', prefix: common } as const);
      if (entry !== undefined && entries.length === limit) {
        truncated = true;
        break;
      }
      if (entry !== undefined) entries.push(entry);
      const past = common === undefined ? undefined : behind(common);
      // A hidden key that a path has taken is passed with it.
      for (const other of sources) {
        if (past !== undefined) seekPast(other, past);
        else if (other === source || (entry !== undefined && other.key === key)) other.advance();
      }
    }
  } finally {
    for (const source of sources) source.close();
  }
  const last = entries.at(-1);
  return {
    entries,
    truncated,
    next: last === undefined ? '' : last.kind === 'prefix' ? last.prefix : last.key,
  };
}

/** One of the two trees keys are kept in, as keys. */
interface Source {
  /** undefined: the end. */
  readonly key: string | undefined;
  /** First the first key at or behind `bound`; then only forwards. */
  seek(bound: Buffer): void;
  advance(): void;
  /** undefined: it has gone. */
  describe(): ListedObject | undefined;
  close(): void;
}

function pathSource(bucket: Bucket, query: ListQuery, listing: Listing): Source {
  const { prefix, delimiter } = query;
  const cursor = new TreeCursor({
    bucket,
    ...listing,
    root: '',
    prefix,
    longest: MAX_KEY_BYTES,
    directories: true,
    collapses: (path) => commonPrefix(path, prefix, delimiter) !== undefined,
  });
  const nowNs = coarseTimeNs();
  return {
    get key() {
      return cursor.met?.path;
    },
    seek: (bound) => cursor.seek(bound),
    advance: () => cursor.advance(),
    describe: () => describe(bucket, cursor, cursor.met?.path ?? '', nowNs, listing),
    close: () => cursor.close(),
  };
}

function hiddenSource(bucket: Bucket, query: ListQuery, listing: Listing): Source {
  const cursor = new TreeCursor({
    bucket,
    ...listing,
    root: KEYS,
    prefix: hiddenPrefix(Buffer.from(query.prefix)),
    longest: LONGEST_HIDDEN,
    directories: false,
    collapses: () => false,
  });
  const nowNs = coarseTimeNs();
  let key: string | undefined;
  /** Names that are not of our making are nobody's keys. */
  const settle = (): void => {
    for (key = undefined; cursor.met !== undefined; cursor.advance()) {
      key = keyOfHidden(cursor.met.path);
      if (key !== undefined) return;
    }
  };
  return {
    get key() {
      return key;
    },
    seek: (bound) => {
      cursor.seek(Buffer.from(hiddenPrefix(bound)));
      settle();
    },
    advance: () => {
      cursor.advance();
      settle();
    },
    describe: () => describe(bucket, cursor, key ?? '', nowNs, listing),
    close: () => cursor.close(),
  };
}

function describe(
  bucket: Bucket,
  cursor: TreeCursor,
  key: string,
  nowNs: bigint,
  { known, report }: Listing,
): ListedObject | undefined {
  const { met } = cursor;
  if (met === undefined) return undefined;
  try {
    const directory = cursor.directory(met.level);
    if (directory === undefined) return undefined;
    if (met.kind === 'file') return listedFile({ bucket, directory, name: met.name, key, nowNs, known });
    const { view } = met.level;
    return listedDirectory(key, view.stat, view.record(directory, key));
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'AccessDenied')) throw error;
    // Names can be read in a directory that may not be searched.
    report({ directory: met.level.base.slice(0, -1), why: 'unreadable', count: 1 });
    return undefined;
  }
}

function seekPast(source: Source, bound: Buffer): void {
  if (source.key !== undefined && Buffer.compare(Buffer.from(source.key), bound) < 0) source.seek(bound);
}

/** The source with the least key; of two with the same, the path. */
function first([path, hidden]: readonly [Source, Source]): Source | undefined {
  if (hidden.key === undefined) return path.key === undefined ? undefined : path;
  if (path.key === undefined) return hidden;
  return Buffer.compare(Buffer.from(hidden.key), Buffer.from(path.key)) < 0 ? hidden : path;
}

/** `photos/` of `photos/2026/cat.jpg`; undefined when the delimiter does not occur behind the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}

/** Where the page begins: at the prefix, or right behind `after`. */
function startOf({ prefix, delimiter, after }: ListQuery): Buffer {
  const from = Buffer.from(prefix);
  if (after === '') return from;
  const isCommon = after.startsWith(prefix) && commonPrefix(after, prefix, delimiter) === after;
  const next = isCommon ? behind(after) : Buffer.from(`${after}\0`);
  return Buffer.compare(from, next) < 0 ? next : from;
}

/** The least bytes greater than all that start with `prefix`: no byte of UTF-8 is 0xff. */
function behind(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) + 1;
  return bytes;
}
