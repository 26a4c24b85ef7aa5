/**
 * A node:http server that suits S3: uploads may take hours, idle peers may not stay, nothing lenient is parsed.
 * Node's own defaults end any request after 5 minutes, idle connections after 5 s, and answer 100-continue by
 * themselves. nodejs.org/docs/latest-v20.x/api/http.html
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Limits {
  /** Milliseconds to send the whole request head. */
  readonly head: number;
  /** Milliseconds without a byte, in or out, while it is the client's turn. */
  readonly silence: number;
  /** Milliseconds a connection may wait for its next request. */
  readonly idle: number;
  /** Bytes of a request head. */
  readonly headBytes: number;
}

export const LIMITS: Limits = { head: 30_000, silence: 60_000, idle: 75_000, headBytes: 32 * 1024 };

/** A request that was no HTTP, or came too slowly: what is said before the connection closes. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly contentType: string;
  readonly body: string;
}

export type RefusedBecause = 'malformed' | 'too-large' | 'too-slow';

/** What a connection is doing, for the question whether its silence is the client's. */
export interface Activity {
  /** It waits for the client's next byte. */
  readonly waiting: boolean;
  /** No more will come of the request's body. @returns whether somebody was told, and will answer */
  cutOff(why: 'ended' | 'timeout'): boolean;
}

const ACTIVITY = Symbol('activity');
interface Tracked extends Socket {
  [ACTIVITY]?: Activity | undefined;
}

/** Tells the listener what a connection does now; undefined: nothing, it may be closed. */
export function setActivity(socket: Socket, activity: Activity | undefined): void {
  (socket as Tracked)[ACTIVITY] = activity;
}

export function activityOf(socket: Socket): Activity | undefined {
  return (socket as Tracked)[ACTIVITY];
}

export interface HttpServer {
  /** Not yet listening. */
  readonly server: Server;
  /** No new requests shall be taken on: answers say `Connection: close`. */
  readonly stopping: () => boolean;
  /** Finishes requests under way and resolves when the last connection has closed; a second call cuts them. */
  stop(): Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export function createHttpServer(
  listener: Listener,
  refuse: (why: RefusedBecause) => Refusal,
  limits: Limits = LIMITS,
): HttpServer {
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: limits.head,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.head / 4)),
      keepAliveTimeout: limits.idle,
      maxHeaderSize: limits.headBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
      noDelay: true,
    },
    listener,
  );
  server.maxHeadersCount = 0;
  server.timeout = limits.silence;
  server.on('checkContinue', listener);
  server.on('checkExpectation', listener);
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('timeout', (socket: Socket) => onSilence(socket, limits.silence));
  server.on('clientError', (error: Error, socket: Socket) => onClientError(error, socket, refuse));

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    if (stopped !== undefined) {
      server.closeAllConnections();
      return stopped;
    }
    stopped = new Promise((resolve) => {
      // Connections turn idle one by one, and only this notices.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      server.close(() => {
        clearInterval(sweep);
        resolve();
      });
      server.closeIdleConnections();
    });
    return stopped;
  };
  return { server, stop, stopping: () => stopped !== undefined };
}

/** Silence is the client's when it owes us bytes or leaves ours unread; a store at work may take its time. */
function onSilence(socket: Socket, silence: number): void {
  const activity = activityOf(socket);
  if (activity === undefined || socket.writableLength > 0) {
    socket.destroy();
    return;
  }
  if (activity.waiting && !activity.cutOff('timeout')) {
    socket.destroy();
    return;
  }
  socket.setTimeout(silence);
}

function onClientError(error: Error, socket: Socket, refuse: (why: RefusedBecause) => Refusal): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy();
    return;
  }
  const activity = activityOf(socket);
  if (activity !== undefined) {
    // In the middle of a body: whoever reads it answers, if the head of the answer has not gone out.
    if (!activity.cutOff('ended')) socket.destroy();
    return;
  }
  if (!socket.writable || socket.writableLength > 0) {
    socket.destroy();
    return;
  }
  const { status, reason, contentType, body } = refuse(
    code === 'HPE_HEADER_OVERFLOW'
      ? 'too-large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'too-slow'
        : 'malformed',
  );
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
