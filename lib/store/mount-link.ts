/**
 * One mount, as a publisher talks to it: a connection kept open, one frame under way at a time, and what comes
 * meanwhile gathered into the next. Nobody waits longer than a second: a mount that does not answer is told all
 * the same, later, and nobody waits for it again until it has caught up.
 */
import { connect, type Socket } from 'node:net';
import { encode, fromMount, Lines, MAX_PLACES, type Place, type RootId, type ToMount } from './mount-wire.js';

const PATIENCE_MS = 1000;
/** Places kept for a mount that does not answer. Beyond, the connection is given up, and the mount notices. */
const MAX_WAITING = 20_000;

type Kind = 'changed' | 'flush';

interface Waiting {
  readonly kind: Kind;
  readonly places: readonly Place[];
  readonly done: () => void;
}

export interface LinkEvents {
  /** It said what it shows. @returns the roots to publish to it */
  readonly introduced: () => readonly RootId[];
  /** It did not answer in time, and may show what is not so any more. */
  readonly late: (link: MountLink) => void;
  /** The connection ended. @param refused nobody listens there: the process is gone */
  readonly ended: (link: MountLink, refused: boolean) => void;
}

export class MountLink {
  readonly socketPath: string;
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #lines = new Lines();
  #roots: ReadonlySet<RootId> = new Set();
  #cached = false;
  #at = '';
  /** Until it has said what it shows; then undefined. */
  #introduction: Promise<void> | undefined;
  #introduced: () => void = () => undefined;
  #waiting: Waiting[] = [];
  #places = 0;
  #underWay: { readonly id: number; readonly waiting: readonly Waiting[] } | undefined;
  #lastId = 0;
  #late = false;

  constructor(socketPath: string, events: LinkEvents) {
    this.socketPath = socketPath;
    this.#events = events;
    this.#introduction = new Promise((resolve) => (this.#introduced = resolve));
    this.#socket = connect(socketPath);
    this.#socket.unref();
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#hear(text));
    let refused = false;
    this.#socket.on('error', (error: NodeJS.ErrnoException) => (refused = error.code === 'ECONNREFUSED'));
    this.#socket.on('close', () => this.#end(refused));
  }

  /** Where it is mounted; its socket, while it has not said so. */
  get at(): string {
    return this.#at === '' ? this.socketPath : this.#at;
  }

  get cached(): boolean {
    return this.#cached;
  }

  /**
   * Resolves when the mount has seen to those of the places it shows, or after a second.
   * @returns undefined when none of them is its business
   */
  tell(kind: Kind, places: readonly Place[]): Promise<void> | undefined {
    if (this.#introduction !== undefined) return this.#tellLater(this.#introduction, kind, places);
    if (kind === 'flush' && !this.#cached) return undefined;
    const shown = places.filter(({ root }) => this.#roots.has(root));
    return shown.length === 0 ? undefined : this.#queue(kind, shown);
  }

  async #tellLater(introduction: Promise<void>, kind: Kind, places: readonly Place[]): Promise<void> {
    if (this.#late) return;
    await this.#patiently((done) => void introduction.then(done));
    if (this.#introduction === undefined) await this.tell(kind, places);
  }

  #queue(kind: Kind, places: readonly Place[]): Promise<void> | undefined {
    const put = (done: () => void): void => {
      for (let at = 0; at < places.length; at += MAX_PLACES) {
        const piece = places.slice(at, at + MAX_PLACES);
        this.#waiting.push({ kind, places: piece, done: at + MAX_PLACES < places.length ? nothing : done });
        this.#places += piece.length;
      }
      this.#send();
    };
    if (!this.#late) return this.#patiently(put);
    put(nothing);
    if (this.#places > MAX_WAITING) this.#socket.destroy();
    return undefined;
  }

  #patiently(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        if (!this.#late) this.#events.late(this);
        this.#late = true;
        resolve();
      }, PATIENCE_MS);
      start(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** As many of one kind as a frame takes. */
  #send(): void {
    const [first] = this.#waiting;
    if (this.#underWay !== undefined || first === undefined) return;
    const { kind } = first;
    const places = new Map<string, Place>();
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (waiting.kind !== kind || places.size + waiting.places.length > MAX_PLACES) break;
      for (const place of waiting.places) places.set(`${place.root}/${place.path}`, place);
      this.#places -= waiting.places.length;
      taken++;
    }
    const id = ++this.#lastId;
    this.#underWay = { id, waiting: this.#waiting.splice(0, taken) };
    this.#say({ kind, id, places: [...places.values()] });
  }

  #say(message: ToMount): void {
    this.#socket.write(encode(message));
  }

  #hear(text: string): void {
    try {
      for (const line of this.#lines.take(text)) {
        const message = fromMount(line);
        if (message.kind === 'done') this.#answered(message.id);
        else this.#learn(message);
      }
    } catch {
      this.#socket.destroy();
    }
  }

  #learn({ at, roots, cached }: { at: string; roots: readonly RootId[]; cached: boolean }): void {
    this.#at = at;
    this.#roots = new Set(roots);
    this.#cached = cached;
    if (this.#introduction === undefined) return;
    this.#introduction = undefined;
    this.#late = false;
    this.#say({ kind: 'publishes', roots: this.#events.introduced() });
    this.#introduced();
  }

  #answered(id: number): void {
    if (this.#underWay?.id !== id) throw new Error('an answer nobody waits for');
    const { waiting } = this.#underWay;
    this.#underWay = undefined;
    this.#send();
    if (this.#underWay === undefined) this.#late = false;
    for (const { done } of waiting) done();
  }

  #end(refused: boolean): void {
    const waiting = [...(this.#underWay?.waiting ?? []), ...this.#waiting];
    this.#underWay = undefined;
    this.#waiting = [];
    this.#introduced();
    for (const { done } of waiting) done();
    this.#events.ended(this, refused);
  }

  close(): void {
    this.#socket.destroy();
  }
}

function nothing(): void {
  // Nobody waits for this piece.
}
