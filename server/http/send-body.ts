/**
 * Bodies that write themselves, onto a response, at the pace the client reads. A body that fails half way cuts
 * the connection: a short answer must never look like a whole one.
 */
import type { ServerResponse } from 'node:http';

export interface StreamedBody {
  /** Content-Length, bytes; undefined: chunked. */
  readonly length: number | undefined;
  /** Rejecting cuts the connection. `write` resolves when the block's memory may be reused. */
  send(write: (block: Uint8Array) => void | Promise<void>): Promise<void>;
  /** Always called once, sent or not. */
  close(): void;
}

/** The client left before it had everything. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Sends what `body` writes and ends the response. The head must have been given to `response` already.
 * @returns the bytes sent
 * @throws whatever `body.send` throws, ClientGone among it; the connection is cut then
 */
export async function sendStreamed(response: ServerResponse, body: StreamedBody): Promise<number> {
  let sent = 0;
  let abandon: ((error: Error) => void) | undefined;
  const onClose = (): void => abandon?.(new ClientGone('the connection closed'));
  response.on('close', onClose);
  const write = (block: Uint8Array): void | Promise<void> => {
    if (block.length === 0) return;
    sent += block.length;
    return new Promise<void>((resolve, reject) => {
      if (response.destroyed || response.socket?.destroyed === true) {
        reject(new ClientGone('the connection is closed'));
        return;
      }
      abandon = reject;
      response.write(block, (error) => (error ? reject(new ClientGone(error.message)) : resolve()));
    });
  };
  try {
    await body.send(write);
    if (body.length !== undefined && sent !== body.length) {
      throw new Error(`a body of ${body.length} bytes wrote ${sent}`);
    }
    response.end();
    return sent;
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    response.off('close', onClose);
  }
}
