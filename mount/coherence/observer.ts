/**
 * What inotify saw, gathered until the kernel has been told of what was seen before: a burst of events at one name
 * is one look. Lost events are made up for by looking at everything the kernel may hold where we watch.
 */
import { IN, type InotifyEvent } from '../../lib/os/inotify.js';
import type { Node } from '../filesystem/node.js';
import type { Notification } from '../kernel/notifications.js';
import type { Plan } from './planner.js';
import type { Stirred } from './stirred.js';
import type { Watches } from './watches.js';

export interface ObserverOptions {
  readonly watches: Watches;
  readonly stirred: Stirred;
  readonly plan: () => Plan;
  /** Whether the kernel may show attributes of the node without asking. */
  readonly holds: (node: Node) => boolean;
  readonly send: (notifications: readonly Notification[]) => Promise<void>;
}

/** Names looked at before requests get their turn again. */
const PIECE = 500;

export class Observer {
  readonly #options: ObserverOptions;
  /** Names to look at; none: the directory itself. */
  readonly #seen = new Map<Node, Set<string>>();
  #busy = false;
  #closed = false;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  readonly take = (events: readonly InotifyEvent[]): void => {
    for (const event of events) this.#note(event);
    this.#go();
  };

  #note({ watch, mask, name }: InotifyEvent): void {
    const { watches } = this.#options;
    if ((mask & IN.Q_OVERFLOW) !== 0) {
      this.#noteAll();
      return;
    }
    const directory = watches.nodeOf(watch);
    if (directory === undefined) return;
    const text = name.toString('latin1');
    if (mask === IN.MODIFY) {
      this.#options.stirred.heard(directory);
      // Who writes through the mount, or what the kernel does not hold, has nothing to take from it.
      if ((directory.children?.get(text)?.writers ?? 1) > 0) return;
    }
    const names = this.#seen.get(directory) ?? new Set();
    this.#seen.set(directory, names);
    if (text !== '') names.add(text);
    if ((mask & (IN.IGNORED | IN.UNMOUNT)) !== 0) watches.ended(watch);
  }

  #noteAll(): void {
    for (const directory of this.#options.watches.nodes) this.#noteBelow(directory);
  }

  #noteBelow(directory: Node, wanted: (child: Node) => boolean = () => true): void {
    const names = this.#seen.get(directory) ?? new Set();
    for (const [name, child] of directory.children ?? []) if (wanted(child)) names.add(name);
    this.#seen.set(directory, names);
  }

  /** Looks at every file of a directory whose attributes the kernel holds. */
  search(directory: Node): void {
    this.#noteBelow(directory, this.#options.holds);
    this.#go();
  }

  #go(): void {
    if (this.#busy || this.#closed || this.#seen.size === 0) return;
    this.#busy = true;
    void this.#options.send(this.#look()).then(() => {
      this.#busy = false;
      if (this.#seen.size > 0) setImmediate(() => this.#go());
    });
  }

  /** At a piece of what was seen. */
  #look(): readonly Notification[] {
    const plan = this.#options.plan();
    let left = PIECE;
    for (const [directory, names] of this.#seen) {
      for (const name of names) {
        if (left-- === 0) return plan.notifications;
        names.delete(name);
        plan.entry(directory, name);
      }
      plan.compare(directory);
      this.#seen.delete(directory);
    }
    return plan.notifications;
  }

  close(): void {
    this.#closed = true;
    this.#seen.clear();
  }
}
