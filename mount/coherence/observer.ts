/**
 * What inotify saw, gathered until the kernel has been told of what was seen before: a burst of events at one name
 * is one look. Lost events are made up for by looking at everything the kernel may hold where we watch.
 */
import { IN, type InotifyEvent } from '../../lib/os/inotify.js';
import type { Node } from '../filesystem/node.js';
import type { Notification } from '../kernel/notifications.js';
import type { Plan } from './planner.js';
import type { Watches } from './watches.js';

export interface ObserverOptions {
  readonly watches: Watches;
  readonly plan: () => Plan;
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
    const names = this.#seen.get(directory) ?? new Set();
    this.#seen.set(directory, names);
    if (name.length > 0) names.add(name.toString('latin1'));
    if ((mask & (IN.IGNORED | IN.UNMOUNT)) !== 0) watches.ended(watch);
  }

  #noteAll(): void {
    for (const directory of this.#options.watches.nodes) {
      const names = this.#seen.get(directory) ?? new Set();
      for (const name of directory.children?.keys() ?? []) names.add(name);
      this.#seen.set(directory, names);
    }
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
