/**
 * What other programs do in a directory somebody subscribed to; the one door to chokidar. Files only: which
 * directories are objects is not told by their names. Whole trees cost 9 KiB a file, so they are watched only
 * when asked for, and never all of a store.
 */
import { type FSWatcher, watch } from 'chokidar';
import { join, relative, sep } from 'node:path';
import { type StoreError, toStoreError } from '../errors.js';
import type { BucketName } from '../names.js';
import type { Behind, Sighting } from './feed.js';
import { RESERVED } from './layout.js';

/** What is reported of a file is gathered for so long: a save is several events. */
const GATHER_MS = 50;

export interface WatcherOptions {
  /** Absolute path of a bucket's root. @throws StoreError NoSuchBucket */
  readonly directoryOf: (bucket: BucketName) => string;
  /** Errors are told here, never thrown: nothing is correct because of a watcher. */
  readonly report: (error: StoreError) => void;
}

export class Watcher implements Behind {
  readonly #options: WatcherOptions;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  watch(bucket: BucketName, directory: string, deep: boolean, sighted: Sighting): () => void {
    const { directoryOf, report } = this.#options;
    try {
      return start(directoryOf(bucket), directory, deep, sighted, (error) =>
        report(toStoreError(error, `watch ${bucket}/${directory}`)),
      );
    } catch (error) {
      report(toStoreError(error, `watch ${bucket}/${directory}`));
      return () => undefined;
    }
  }
}

function start(
  root: string,
  directory: string,
  deep: boolean,
  sighted: Sighting,
  failed: (error: unknown) => void,
): () => void {
  const gathering = new Map<string, NodeJS.Timeout>();
  const watcher: FSWatcher = watch(join(root, directory), {
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    persistent: false,
    alwaysStat: true,
    ...(deep ? {} : { depth: 0 }),
    ignored: (path) => relative(root, path).split(sep).includes(RESERVED),
  });
  const told = (path: string, content: Parameters<Sighting>[1]): void => {
    const key = relative(root, path);
    if (key === '' || key.startsWith('..')) return;
    clearTimeout(gathering.get(key));
    const timer = setTimeout(() => {
      gathering.delete(key);
      sighted(key, content);
    }, GATHER_MS);
    timer.unref();
    gathering.set(key, timer);
  };
  watcher.on('all', (event, path, stats) => {
    if (event === 'unlink') told(path, undefined);
    if ((event === 'add' || event === 'change') && stats !== undefined && stats.isFile()) {
      told(path, { size: stats.size, modified: Math.floor(stats.mtimeMs) });
    }
  });
  watcher.on('error', failed);
  return () => {
    for (const timer of gathering.values()) clearTimeout(timer);
    watcher.close().catch(failed);
  };
}
