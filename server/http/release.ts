/**
 * Giving the memory of received blocks back at once. node:http puts every 64 KiB of a body into a new buffer, and
 * a gigabyte of them makes the collector run twenty times, and the memory always be cold. What is transferred to
 * a port without a peer is detached and dropped (HTML Standard, 9.4.4, message port post message steps).
 */
import { MessageChannel } from 'node:worker_threads';

const { port1: nobody } = new MessageChannel();
nobody.close();

/** Below it, asking costs more than it gives back. */
const WORTH_IT = 16 * 1024;

/** Nobody uses the block any more: it is empty afterwards, unless it is small or part of something else. */
export function release(block: Uint8Array): void {
  const { buffer, byteLength } = block;
  if (byteLength < WORTH_IT || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  nobody.postMessage(undefined, [buffer]);
}
