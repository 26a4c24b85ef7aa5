/**
 * Answering before the request's body has been read. A little of it is read away and the connection stays; a
 * client that waits for 100-continue gets its answer and the connection ends; a long one is read on for a
 * while behind the answer, as closing at once would reset the connection and lose the answer with it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const SMALL = 256 * 1024;
const LINGER_BYTES = 64 * 1024 * 1024;
const LINGER_TIME = 10_000;

export function awaitsContinue(request: IncomingMessage): boolean {
  const { expect } = request.headers;
  return expect !== undefined && /(?:^|\W)100-continue(?:$|\W)/i.test(expect);
}

/** `nothing`: read to its end, or there was none. `small`: node reads it away. `held`: the client holds it back. */
export type Unread = 'nothing' | 'small' | 'held' | 'long';

/** @param continued whether 100-continue went out */
export function unreadOf(request: IncomingMessage, continued: boolean): Unread {
  const { headers } = request;
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) return 'nothing';
  if (length === '0' || request.complete) return 'nothing';
  if (!continued && awaitsContinue(request)) return 'held';
  return length !== undefined && Number(length) <= SMALL ? 'small' : 'long';
}

/** Ends a response whose head and body are written, after reading on for a while. */
export function lingerAndEnd(request: IncomingMessage, response: ServerResponse): void {
  let read = 0;
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', count).off('end', end).off('close', end).off('error', end);
    if (!response.writableEnded) response.end();
  };
  const count = (chunk: Buffer): void => {
    read += chunk.length;
    if (read > LINGER_BYTES) end();
  };
  const timer = setTimeout(end, LINGER_TIME);
  request.on('data', count).on('end', end).on('close', end).on('error', end);
  request.resume();
}
