/**
 * The change feed: everything that mutates announces it, once, after it succeeded. Subscribers of a directory
 * also hear what other programs do there (`watcher.ts`). A convenience: nothing is correct because of it.
 */
import type { BucketName } from '../names.js';

export interface Change {
  readonly bucket: BucketName;
  /** '' for the bucket itself. */
  readonly key: string;
  /** metadata: tags; bucket: made, deleted, or its settings. */
  readonly kind: 'put' | 'delete' | 'metadata' | 'bucket';
  /** Without quotes; undefined where the kind has none, or another program made the change. */
  readonly etag: string | undefined;
}

export interface ChangeFilter {
  /** Only this bucket's. */
  readonly bucket?: BucketName;
  /** Only keys below this directory: `site/`, '' for the bucket's root. Its own entries, or all with `deep`. */
  readonly directory?: string;
  readonly deep?: boolean;
}

export type ChangeListener = (change: Change) => void;

/** What we know of content that we published: so a watcher can tell our own from another's. */
export interface Content {
  readonly size: number;
  /** Milliseconds. */
  readonly modified: number;
}

/** What another program did at a key, as a watcher sees it: `content` is undefined when the file went. */
export type Sighting = (key: string, content: Content | undefined) => void;

export interface Behind {
  /** Starts watching a directory of a bucket. @returns ends it */
  watch(bucket: BucketName, directory: string, deep: boolean, sighted: Sighting): () => void;
}

/** Our last act at a key that somebody watches. */
interface Act {
  readonly kind: Change['kind'];
  /** What we published or told of lately, the newest first: a sighting may come after the next act. */
  readonly contents: readonly Content[];
  readonly at: number;
}

/** Acts remembered, oldest forgotten first. Forgetting one announces it twice. */
const REMEMBERED = 10_000;
const CONTENTS = 4;
/** How long an attribute's change may take to be reported to us. */
const METADATA_MS = 5000;

interface Watch {
  subscribers: number;
  readonly end: () => void;
}

export class ChangeFeed {
  readonly #behind: Behind | undefined;
  readonly #subscribers = new Map<
    symbol,
    { readonly filter: ChangeFilter; readonly listener: ChangeListener }
  >();
  readonly #watches = new Map<string, Watch>();
  readonly #acts = new Map<string, Act>();
  readonly #underWay = new Map<string, { count: number; sighted: (() => void)[] }>();

  constructor(behind?: Behind) {
    this.#behind = behind;
  }

  /** Tells every subscriber whose filter fits; one that throws keeps nothing from the others. */
  publish(change: Change): void {
    for (const { filter, listener } of this.#subscribers.values()) {
      if (!fits(filter, change)) continue;
      try {
        listener(change);
      } catch {
        // A listener's failure is its own.
      }
    }
  }

  /** @returns ends the subscription; idempotent */
  subscribe(filter: ChangeFilter, listener: ChangeListener): () => void {
    const id = Symbol('subscriber');
    this.#subscribers.set(id, { filter, listener });
    const leave = this.#watch(filter);
    return () => {
      if (this.#subscribers.delete(id)) leave();
    };
  }

  /**
   * We are about to change a key: what a watcher sees of it meanwhile waits for the outcome.
   * @returns to be called once, with the change when there was one
   */
  expect(bucket: BucketName, key: string): (change: Change | undefined, content?: Content) => void {
    if (this.#watches.size === 0) return (change) => change !== undefined && this.publish(change);
    const name = nameOf(bucket, key);
    const underWay = this.#underWay.get(name) ?? { count: 0, sighted: [] };
    underWay.count++;
    this.#underWay.set(name, underWay);
    return (change, content) => {
      if (change !== undefined) {
        this.#remember(name, change.kind, content);
        this.publish(change);
      }
      if (--underWay.count > 0) return;
      this.#underWay.delete(name);
      for (const sighted of underWay.sighted) sighted();
    };
  }

  /** Ends every subscription. */
  close(): void {
    this.#subscribers.clear();
    for (const { end } of this.#watches.values()) end();
    this.#watches.clear();
    this.#acts.clear();
  }

  #watch({ bucket, directory, deep = false }: ChangeFilter): () => void {
    if (this.#behind === undefined || bucket === undefined || directory === undefined) return () => undefined;
    const name = `${deep ? 'deep' : 'flat'}:${nameOf(bucket, directory)}`;
    const watch = this.#watches.get(name) ?? {
      subscribers: 0,
      end: this.#behind.watch(bucket, directory, deep, (key, content) => this.#sighted(bucket, key, content)),
    };
    watch.subscribers++;
    this.#watches.set(name, watch);
    return () => {
      if (--watch.subscribers > 0) return;
      this.#watches.delete(name);
      watch.end();
      if (this.#watches.size === 0) this.#acts.clear();
    };
  }

  #sighted(bucket: BucketName, key: string, content: Content | undefined): void {
    const name = nameOf(bucket, key);
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) {
      underWay.sighted.push(() => this.#sighted(bucket, key, content));
      return;
    }
    const act = this.#acts.get(name);
    if (act !== undefined && isOurs(act, content)) return;
    // Two watches may cover one directory: the second sighting is of what the first announced.
    const kind = content === undefined ? 'delete' : 'put';
    this.#remember(name, kind, content);
    this.publish({ bucket, key, kind, etag: undefined });
  }

  #remember(name: string, kind: Change['kind'], content: Content | undefined): void {
    const before = this.#acts.get(name)?.contents ?? [];
    const contents = content === undefined ? before : [content, ...before].slice(0, CONTENTS);
    this.#acts.delete(name);
    this.#acts.set(name, { kind, contents, at: Date.now() });
    if (this.#acts.size <= REMEMBERED) return;
    const [oldest] = this.#acts.keys();
    if (oldest !== undefined) this.#acts.delete(oldest);
  }
}

function nameOf(bucket: BucketName, key: string): string {
  return `${bucket}/${key}`;
}

function isOurs(act: Act, sighted: Content | undefined): boolean {
  if (sighted === undefined) return act.kind === 'delete';
  if (act.kind === 'metadata' && sighted.modified < act.at && Date.now() - act.at < METADATA_MS) return true;
  return act.contents.some(({ size, modified }) => size === sighted.size && modified === sighted.modified);
}

function fits({ bucket, directory, deep }: ChangeFilter, change: Change): boolean {
  if (bucket !== undefined && bucket !== change.bucket) return false;
  if (directory === undefined || change.kind === 'bucket') return true;
  if (!change.key.startsWith(directory)) return false;
  return deep === true || !change.key.slice(directory.length, -1).includes('/');
}
