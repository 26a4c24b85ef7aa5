/**
 * An S3Response, or an error, onto the wire: the headers every answer has, lengths, what HEAD leaves out, and
 * what becomes of a body nobody read.
 * docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html
 */
import type { ServerResponse } from 'node:http';
import { encodeHeaderValue } from '../http/header-text.js';
import { sendStreamed, type StreamedBody } from '../http/send-body.js';
import { lingerAndEnd, unreadOf } from '../http/unread.js';
import { S3Error } from './errors.js';
import type { Exchange } from './exchange.js';
import type { S3Response } from './operation.js';
import { element, elements, plainDocument } from './xml-write.js';

export interface AnswerContext {
  /** x-amz-id-2: which machine it was. */
  readonly hostId: string;
  /** True once the service is stopping. */
  readonly stopping: () => boolean;
}

/** Sends it and resolves, with the bytes of its body, when the connection may go on. */
export function sendAnswer(
  exchange: Exchange,
  answer: S3Response,
  context: AnswerContext,
): number | Promise<number> {
  const { raw, response } = exchange;
  const { body } = answer;
  const bare = raw.method === 'HEAD' || answer.status === 204 || answer.status === 304;
  const requested = exchange.httpBody;
  const unread = requested?.severed === true ? 'held' : unreadOf(raw, requested?.begun === true);
  const head = ['x-amz-id-2', context.hostId, 'x-amz-request-id', exchange.requestId, 'Server', 'AmazonS3'];
  let length = addHeaders(head, answer);
  if (length === undefined && answer.status !== 204 && answer.status !== 304) {
    length = lengthOf(answer, raw.method === 'HEAD');
    if (length !== undefined) head.push('Content-Length', String(length));
  }
  if (unread === 'held' || unread === 'long' || context.stopping()) head.push('Connection', 'close');
  if (typeof body === 'object' && 'send' in body) return stream(response, answer.status, head, body, bare);
  response.writeHead(answer.status, head);
  const bytes = bare ? '' : (body ?? '');
  if (unread === 'long') {
    if (bytes.length > 0) response.write(bytes);
    else response.flushHeaders();
    lingerAndEnd(raw, response);
  } else response.end(bytes);
  return bytes.length;
}

async function stream(
  response: ServerResponse,
  status: number,
  head: string[],
  body: StreamedBody,
  bare: boolean,
): Promise<number> {
  try {
    response.writeHead(status, head);
    if (!bare) return await sendStreamed(response, body);
    response.end();
    return 0;
  } finally {
    body.close();
  }
}

/** @returns the Content-Length among them */
function addHeaders(head: string[], { headers }: S3Response): number | undefined {
  let length: number | undefined;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (name === 'Content-Length') length = Number(value);
    head.push(name, typeof value === 'number' ? String(value) : encodeHeaderValue(value));
  }
  return length;
}

function lengthOf({ body, status }: S3Response, isHead: boolean): number | undefined {
  if (body === undefined) return isHead && status >= 400 ? undefined : 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body.length;
}

/** `<Error>` as S3 writes it. HEAD has none, and its length is nobody's business. */
export function errorAnswer(exchange: Exchange, error: S3Error, hostId: string): S3Response {
  const { raw, target, requestId } = exchange;
  if (raw.method === 'HEAD') {
    return { status: error.status, headers: { ...error.headers, 'Content-Type': 'application/xml' } };
  }
  const resource = target === undefined ? (raw.url ?? '') : resourceText(target.bucket, target.key);
  const inner =
    element('Code', error.code) +
    element('Message', error.message) +
    elements(error.extra) +
    element('Resource', resource) +
    element('RequestId', requestId) +
    element('HostId', hostId);
  return {
    status: error.status,
    headers: { ...error.headers, 'Content-Type': 'application/xml' },
    body: plainDocument('Error', inner),
  };
}

function resourceText(bucket: string, key: string): string {
  if (bucket === '') return '/';
  return key === '' ? `/${bucket}` : `/${bucket}/${key}`;
}
