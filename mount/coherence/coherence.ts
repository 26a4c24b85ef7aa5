/**
 * What keeps the mount true while others change the tree: publishers at the door and inotify's events become
 * notifications, and as far as those reach, the kernel may answer by itself for longer. Lives on the thread that
 * answers the kernel; only the writing of notifications is another's, for it may have to wait for an answer of ours.
 */
import { toStoreError } from '../../lib/errors.js';
import type { StoreError } from '../../lib/errors.js';
import { settled } from '../../lib/os/lease.js';
import { type Inotify, openInotify } from '../../lib/os/inotify.js';
import { closeFd, O } from '../../lib/os/open.js';
import { tryStatPath } from '../../lib/os/stat.js';
import { realtimeNs } from '../../lib/os/times.js';
import { type Place, rootId, type RootId } from '../../lib/store/mount-wire.js';
import { openRuntimeDirectory } from '../../lib/store/runtime-directory.js';
import type { Freshness } from '../filesystem/freshness.js';
import type { Node } from '../filesystem/node.js';
import type { Nodes } from '../filesystem/nodes.js';
import { openNode } from '../filesystem/opening.js';
import type { Notification } from '../kernel/notifications.js';
import { ClockTicks } from './clock-tick.js';
import { Door } from './door.js';
import { WatchedFreshness } from './freshness.js';
import { Grants } from './grants.js';
import { DiskGround, type Tops } from './ground.js';
import { Observer } from './observer.js';
import { Plan } from './planner.js';
import { Reach } from './reach.js';
import { Stirred } from './stirred.js';
import { Watches } from './watches.js';

export interface CoherenceOptions {
  /** The store's directory, or the bucket's: what the mount's root is; undefined where buckets are mapped one by one. */
  readonly directory: string | undefined;
  /** Directories of buckets that are elsewhere. */
  readonly buckets: readonly string[];
  /** The root is the level above the buckets. */
  readonly isStore: boolean;
  /** Where it is mounted. */
  readonly at: string;
  /** Where sockets may be left (`runtimeDirectories`). */
  readonly directories: readonly string[];
  readonly report: (error: StoreError) => void;
  /** Directories watched at most. */
  readonly maxWatches?: number;
}

/** What coherence works with, once it is there. */
export interface Served {
  readonly nodes: Nodes;
  /** Buckets by name, where the root is the level above them. */
  readonly top: Tops | undefined;
  readonly notifier: { send(notifications: readonly Notification[]): Promise<void> };
  /** Files may be in the mode in which the kernel keeps what is stored through mappings. */
  readonly cached: boolean;
}

/** The publisher gives up after a second. */
const PATIENCE_MS = 800;
const MAX_WATCHES = 100_000;

export class Coherence {
  readonly freshness: Freshness;
  readonly #options: CoherenceOptions;
  readonly #grants: Grants;
  readonly #reach = new Reach();
  readonly #inotify: Inotify | undefined;
  readonly #watches: Watches | undefined;
  readonly #stirred: Stirred;
  readonly #store: RootId | undefined;
  #observer: Observer | undefined;
  #served: Served | undefined;
  #ground: DiskGround | undefined;
  #door: Door | undefined;
  #underWay: Promise<void> | undefined;

  constructor(options: CoherenceOptions) {
    this.#options = options;
    const now = (): number => performance.now();
    const ticks = new ClockTicks();
    this.#grants = new Grants({ now, realtimeNs, granularityNs: (node) => ticks.of(node) });
    this.#inotify = this.#open();
    this.#watches = this.#watchesOf(this.#inotify, now);
    this.#stirred = new Stirred({
      deafen: (directory) => this.#watches?.hear(directory, false),
      listen: (directory) => this.#listenAgain(directory),
    });
    this.#store = options.isStore ? idOf(options.directory) : undefined;
    this.freshness = new WatchedFreshness({
      grants: this.#grants,
      reach: this.#reach,
      watches: this.#watches,
      stirred: this.#stirred,
      // A bucket that is elsewhere may come and go where nobody watches.
      store: options.buckets.length === 0 ? this.#store : undefined,
      settled: hasSettled,
    });
  }

  #watchesOf(inotify: Inotify | undefined, now: () => number): Watches | undefined {
    if (inotify === undefined) return undefined;
    const { maxWatches: limit = MAX_WATCHES, isStore, directory } = this.#options;
    return new Watches({ inotify, limit, now, top: isStore ? directory : undefined });
  }

  #listenAgain(directory: Node): void {
    if (this.#watches?.has(directory) !== true) return;
    this.#watches.hear(directory, true);
    this.#observer?.search(directory);
  }

  #open(): Inotify | undefined {
    try {
      return openInotify((events) => this.#observer?.take(events));
    } catch (error) {
      this.#options.report(toStoreError(error, 'watch the store'));
      return undefined;
    }
  }

  /** From when the kernel may be told. Without a place for the socket, or inotify, nothing is believed for long. */
  async start(served: Served): Promise<void> {
    const { nodes, top, notifier } = served;
    this.#served = served;
    this.#ground = new DiskGround(nodes.root, top);
    const watches = this.#watches;
    if (watches !== undefined) {
      this.#observer = new Observer({
        watches,
        stirred: this.#stirred,
        plan: () => this.#plan(),
        holds: (node) => this.#grants.holdsAttributes(node),
        send: (notifications) => this.#send(notifications),
      });
      nodes.onForget((node) => {
        watches.remove(node);
        this.#stirred.forget(node);
      });
    }
    // The thread that writes them takes a moment to start: now, not when somebody waits.
    void notifier.send([{ kind: 'inode', node: nodes.root.id, offset: -1, length: 0 }]);
    await this.#listen(served.cached);
  }

  async #listen(cached: boolean): Promise<void> {
    const { at, directories, report } = this.#options;
    const uid = process.geteuid?.() ?? 0;
    const directory = openRuntimeDirectory(directories, uid);
    if (directory === undefined) return;
    try {
      this.#door = await Door.open({
        directory,
        owner: uid === 0 ? this.#owner() : undefined,
        at,
        roots: this.#roots(),
        cached,
        publishes: (publisher, roots) => this.#reach.add(publisher, roots),
        left: (publisher) => this.#leave(publisher),
        changed: (places) => this.#changed(places),
        flush: (places) => this.#flush(places),
      });
    } catch (error) {
      report(toStoreError(error, `listen in ${directory}`));
    }
  }

  #owner(): { readonly uid: number; readonly gid: number } | undefined {
    const [directory] = this.#directories();
    return directory === undefined ? undefined : tryStatPath(directory);
  }

  #directories(): readonly string[] {
    const { directory, buckets } = this.#options;
    return directory === undefined ? buckets : [directory, ...buckets];
  }

  #roots(): readonly RootId[] {
    return this.#directories()
      .map(idOf)
      .filter((id) => id !== undefined);
  }

  /** It may have had more to tell. */
  #leave(publisher: object): void {
    this.#reach.remove(publisher);
    void this.#served?.notifier.send([{ kind: 'epoch' }]);
  }

  #plan(): Plan {
    const ground = this.#ground;
    const nodes = this.#served?.nodes;
    if (ground === undefined || nodes === undefined) throw new Error('not started');
    return new Plan(this.#grants, ground, nodes);
  }

  #changed(places: readonly Place[]): Promise<void> | undefined {
    const plan = this.#plan();
    for (const { root, path } of places) {
      const node = this.#rootOf(root);
      if (node !== undefined) plan.path(node, namesOf(path));
    }
    return this.#tell(plan.notifications);
  }

  #flush(places: readonly Place[]): Promise<void> | undefined {
    const notifications: Notification[] = [];
    for (const { root, path } of places) {
      let node = this.#rootOf(root);
      for (const name of namesOf(path)) node = node?.children?.get(name);
      if (node === undefined || !node.isFile || node.writers === 0) continue;
      notifications.push({ kind: 'inode', node: node.id, offset: 0, length: 0 });
    }
    return this.#tell(notifications);
  }

  /** What was sent before is done before. */
  #send(notifications: readonly Notification[]): Promise<void> {
    const sent = this.#served?.notifier.send(notifications) ?? Promise.resolve();
    this.#underWay = sent;
    void sent.then(() => {
      if (this.#underWay === sent) this.#underWay = undefined;
    });
    return sent;
  }

  /**
   * What was planned is counted as told when it was sent: so who has nothing to tell waits for others' all the same.
   * @returns undefined when the kernel has been told everything
   */
  #tell(notifications: readonly Notification[]): Promise<void> | undefined {
    const telling = notifications.length === 0 ? this.#underWay : this.#send(notifications);
    if (telling === undefined) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        // Some answer of ours is waited for in that directory. This takes no lock, and has every name looked up anew.
        void this.#served?.notifier.send([{ kind: 'epoch' }]);
        resolve();
      }, PATIENCE_MS);
      void telling.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #rootOf(root: RootId): Node | undefined {
    const nodes = this.#served?.nodes;
    if (root === this.#store) return nodes?.root;
    const [dev = '', ino = ''] = root.split('-');
    return nodes?.rootOf(Number.parseInt(dev, 16), BigInt(`0x${ino}`));
  }

  close(): void {
    this.#door?.close();
    this.#observer?.close();
    this.#stirred.close();
    this.#inotify?.close();
  }
}

function namesOf(path: string): readonly string[] {
  return path === '' ? [] : Buffer.from(path).toString('latin1').split('/');
}

function idOf(directory: string | undefined): RootId | undefined {
  try {
    const stat = directory === undefined ? undefined : tryStatPath(directory);
    return stat === undefined ? undefined : rootId(stat);
  } catch {
    return undefined;
  }
}

function hasSettled(node: Node): boolean | undefined {
  if (!node.isFile) return true;
  try {
    const fd = openNode(node, O.RDONLY | O.NONBLOCK | O.NOCTTY);
    try {
      return settled(fd);
    } finally {
      closeFd(fd);
    }
  } catch {
    return undefined;
  }
}
