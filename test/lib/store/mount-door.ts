/** A mount as publishers meet it: a socket in a directory of the test's, what arrives there, and when it answers. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  encode,
  Lines,
  type Place,
  type RootId,
  toMount,
  type ToMount,
} from '../../../lib/store/mount-wire.js';

/** Where sockets are left: paths of sockets are short, so not below the test's own directory. */
export function socketDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'bucketree-s-'));
  chmodSync(directory, 0o755);
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export class MountDoor {
  readonly path: string;
  readonly heard: ToMount[] = [];
  /** What to do with a frame; by default it is answered at once. */
  onFrame: (frame: ToMount, answer: () => void) => void = (_, answer) => answer();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  static async open(
    t: Test,
    directory: string,
    roots: readonly RootId[],
    { cached = false, silent = false }: { cached?: boolean; silent?: boolean } = {},
  ): Promise<MountDoor> {
    const path = join(directory, `${randomBytes(8).toString('hex')}.sock`);
    const server = createServer();
    const door = new MountDoor(path, server);
    server.on('connection', (socket) => door.#accept(socket, silent ? undefined : { roots, cached }));
    server.listen(path);
    await once(server, 'listening');
    t.teardown(() => door.close());
    return door;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Paths of all changes heard, in order. */
  get changed(): readonly string[] {
    return this.places('changed').map(({ path }) => path);
  }

  places(kind: 'changed' | 'flush'): readonly Place[] {
    return this.heard.flatMap((frame) => (frame.kind === kind ? frame.places : []));
  }

  #accept(socket: Socket, shows: { roots: readonly RootId[]; cached: boolean } | undefined): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    if (shows === undefined) return;
    socket.setEncoding('utf8');
    socket.write(encode({ kind: 'shows', at: '/mnt', ...shows }));
    const lines = new Lines();
    socket.on('data', (text: string) => {
      for (const line of lines.take(text)) this.#hear(toMount(line), socket);
    });
  }

  #hear(frame: ToMount, socket: Socket): void {
    this.heard.push(frame);
    if (frame.kind === 'publishes') return;
    this.onFrame(frame, () => socket.write(encode({ kind: 'done', id: frame.id })));
  }

  /** Says something to everybody connected. */
  say(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
