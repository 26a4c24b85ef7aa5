/**
 * Where processes that change the tree tell this mount: a socket of its own in the runtime directory. It takes its
 * name when it answers already, so that nobody finds it dead, and only we and the store's owner may connect.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { encode, Lines, type Place, type RootId, toMount, type ToMount } from '../../lib/store/mount-wire.js';

export interface DoorEvents {
  /** A publisher says what it changes. @param publisher the same as in `left` */
  readonly publishes: (publisher: object, roots: readonly RootId[]) => void;
  readonly left: (publisher: object) => void;
  /** Resolves when the kernel shows them as they are. */
  readonly changed: (places: readonly Place[]) => Promise<void> | undefined;
  readonly flush: (places: readonly Place[]) => Promise<void> | undefined;
}

export interface DoorOptions extends DoorEvents {
  /** Trusted: `openRuntimeDirectory`. */
  readonly directory: string;
  /** Whose the store is: besides root, nobody else is told or believed. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly at: string;
  readonly roots: readonly RootId[];
  readonly cached: boolean;
}

/** More publishers than a machine has. */
const MAX_CONNECTIONS = 256;
/** Longer than a socket takes to get its name. */
const BEGINNING_MS = 60_000;

export class Door {
  readonly path: string;
  readonly #server: Server;
  readonly #options: DoorOptions;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, server: Server, options: DoorOptions) {
    this.path = path;
    this.#server = server;
    this.#options = options;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Those of processes that died before theirs had its name. */
  static #sweep(directory: string): void {
    for (const name of readdirSync(directory)) {
      if (!/^\.[0-9a-f]{16}\.sock$/.test(name)) continue;
      const path = join(directory, name);
      const { mtimeMs } = lstatSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
      if (Date.now() - mtimeMs > BEGINNING_MS) rmSync(path, { force: true });
    }
  }

  /** @throws Error when the socket cannot be made (a path too long, no right) */
  static async open(options: DoorOptions): Promise<Door> {
    const name = `${randomBytes(8).toString('hex')}.sock`;
    const path = join(options.directory, name);
    const first = join(options.directory, `.${name}`);
    Door.#sweep(options.directory);
    const server = createServer();
    server.unref();
    server.listen({ path: first, exclusive: true });
    await once(server, 'listening');
    try {
      chmodSync(first, 0o600);
      if (options.owner !== undefined) chownSync(first, options.owner.uid, options.owner.gid);
      const door = new Door(path, server, options);
      renameSync(first, path);
      return door;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  #accept(socket: Socket): void {
    const { at, roots, cached, left } = this.#options;
    this.#sockets.add(socket);
    socket.unref();
    socket.setEncoding('utf8');
    const lines = new Lines();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      left(socket);
    });
    socket.on('data', (text: string) => {
      try {
        for (const line of lines.take(text)) this.#hear(socket, toMount(line));
      } catch {
        socket.destroy();
      }
    });
    socket.write(encode({ kind: 'shows', at, roots, cached }));
  }

  #hear(socket: Socket, message: ToMount): void {
    if (message.kind === 'publishes') {
      this.#options.publishes(socket, message.roots);
      return;
    }
    const { id } = message;
    const doing = this.#options[message.kind](message.places);
    if (doing === undefined) socket.write(encode({ kind: 'done', id }));
    else void doing.then(() => socket.write(encode({ kind: 'done', id })));
  }

  close(): void {
    rmSync(this.path, { force: true });
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
