/** Where a load goes, and the bytes of its requests. */
import { pathOf, presignedTarget, signedHeaders, type Credentials } from '../sign.js';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Absent: requests are sent unsigned (nginx and the bare servers). */
  readonly credentials?: Credentials;
  readonly bucket: string;
}

export interface RequestShape {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the payload, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
  readonly length?: number;
  readonly presigned?: boolean;
}

/** A request's head, signed now: everything up to the body. */
export function requestHead(target: Target, shape: RequestShape, date = new Date()): Buffer {
  const host = `${target.host}:${target.port}`;
  const path = pathOf(target.bucket, shape.key);
  const query = shape.query ?? {};
  const unsigned = { method: shape.method, host, path, query };
  let line: string;
  let headers: Record<string, string>;
  if (target.credentials === undefined) {
    line = path;
    headers = { host, ...shape.headers };
  } else if (shape.presigned === true) {
    line = presignedTarget(target.credentials, unsigned, date);
    headers = { host, ...shape.headers };
  } else {
    const names = Object.entries(query).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    );
    line = names.length === 0 ? path : `${path}?${names.join('&')}`;
    const extra = shape.headers === undefined ? {} : { headers: shape.headers };
    headers = signedHeaders(target.credentials, { ...unsigned, ...extra, payload: shape.payload }, date);
  }
  if (shape.length !== undefined) headers['content-length'] = String(shape.length);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${shape.method} ${line} HTTP/1.1\r\n${lines.join('')}\r\n`);
}
