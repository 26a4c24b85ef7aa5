/** What the access log is told of a request: facts only, the log's form is the log's. */
import type { S3Error } from './errors.js';
import type { Exchange } from './exchange.js';

export interface AccessEntry {
  /** Milliseconds since the epoch when the request came in. */
  readonly time: number;
  readonly requestId: string;
  readonly remote: string | undefined;
  readonly method: string;
  /** As sent, query included. Presigned signatures are in it. */
  readonly target: string;
  /** The AWS name; undefined when no operation was found. */
  readonly operation: string | undefined;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** Account id; undefined: anonymous, or not found out. */
  readonly account: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly status: number;
  /** The S3 error code. */
  readonly code: string | undefined;
  /** Payload bytes in and body bytes out. */
  readonly received: number;
  readonly sent: number;
  readonly milliseconds: number;
  readonly userAgent: string | undefined;
}

export function entryOf(
  exchange: Exchange,
  error: S3Error | undefined,
  sent: number,
  now: number,
): AccessEntry {
  const { raw, target, authentication } = exchange;
  const identity = authentication?.identity;
  return {
    time: exchange.time,
    requestId: exchange.requestId,
    remote: raw.socket.remoteAddress,
    method: raw.method ?? '',
    target: raw.url ?? '',
    operation: exchange.route?.name,
    bucket: target?.bucket || undefined,
    key: target?.key || undefined,
    account: identity?.kind === 'account' ? identity.account.id : undefined,
    accessKeyId: authentication?.accessKeyId,
    status: exchange.answer?.status ?? 0,
    code: error?.code,
    received: exchange.httpBody?.received ?? 0,
    sent,
    milliseconds: now - exchange.time,
    userAgent: raw.headers['user-agent'],
  };
}
