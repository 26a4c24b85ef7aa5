/** Whole listings page by page, by raw requests, and deletions of a thousand. */
import { createHash } from 'node:crypto';
import { EMPTY_SHA256 } from '../sign.js';
import { Connection } from './connection.js';
import { keyOf } from './rate.js';
import { requestHead, type Target } from './target.js';

export interface ListJob {
  readonly target: Target;
  readonly prefix: string;
  /** Keys that must be found. */
  readonly keys: number;
}

export interface ListResult {
  /** A first pass, when nothing is remembered, and a second. */
  readonly coldSeconds: number;
  readonly seconds: number;
  /** Milliseconds, medians of several. */
  readonly firstPage: number;
  readonly lastPage: number;
}

export interface DeleteJob {
  readonly target: Target;
  readonly prefix: string;
  readonly keys: number;
}

interface Pass {
  readonly seconds: number;
  readonly pages: number;
  readonly lastToken: string | undefined;
}

async function page(
  connection: Connection,
  job: ListJob,
  token: string | undefined,
): Promise<{ readonly text: string; readonly milliseconds: number }> {
  const query: Record<string, string> = { 'list-type': '2', 'max-keys': '1000', prefix: job.prefix };
  if (token !== undefined) query['continuation-token'] = token;
  const head = requestHead(job.target, { method: 'GET', query, payload: EMPTY_SHA256 });
  const began = performance.now();
  const reply = await connection.ask([head], { keep: true });
  const milliseconds = performance.now() - began;
  const text = reply.body.toString('latin1');
  if (reply.status !== 200) throw new Error(`${reply.status}: ${text.slice(0, 500)}`);
  return { text, milliseconds };
}

async function pass(connection: Connection, job: ListJob): Promise<Pass> {
  const began = performance.now();
  let found = 0;
  let pages = 0;
  let token: string | undefined;
  let lastToken: string | undefined;
  for (;;) {
    const { text } = await page(connection, job, token);
    found += Number(/<KeyCount>(\d+)</.exec(text)?.[1] ?? 0);
    pages++;
    const next = /<NextContinuationToken>([^<]+)</.exec(text)?.[1]?.replaceAll('&amp;', '&');
    if (next === undefined) break;
    lastToken = next;
    token = next;
  }
  if (found !== job.keys) throw new Error(`${found} keys were listed in place of ${job.keys}`);
  return { seconds: (performance.now() - began) / 1000, pages, lastToken };
}

export async function list(job: ListJob): Promise<ListResult> {
  const connection = new Connection(job.target.host, job.target.port);
  const cold = await pass(connection, job);
  const warm = await pass(connection, job);
  const first: number[] = [];
  const last: number[] = [];
  for (let time = 0; time < 9; time++) {
    first.push((await page(connection, job, undefined)).milliseconds);
    last.push((await page(connection, job, warm.lastToken)).milliseconds);
  }
  connection.close();
  const median = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return {
    coldSeconds: cold.seconds,
    seconds: warm.seconds,
    firstPage: median(first),
    lastPage: median(last),
  };
}

/** One DeleteObjects of all the keys: milliseconds. */
export async function deleteMany(job: DeleteJob): Promise<{ readonly milliseconds: number }> {
  const keys = Array.from(
    { length: job.keys },
    (_, number) => `<Object><Key>${keyOf(job, number)}</Key></Object>`,
  );
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${keys.join('')}</Delete>`);
  const head = requestHead(job.target, {
    method: 'POST',
    query: { delete: '' },
    headers: { 'content-md5': createHash('md5').update(body).digest('base64') },
    payload: createHash('sha256').update(body).digest('hex'),
    length: body.length,
  });
  const connection = new Connection(job.target.host, job.target.port);
  const began = performance.now();
  const reply = await connection.ask([head, body], { keep: true });
  const milliseconds = performance.now() - began;
  connection.close();
  const text = reply.body.toString();
  if (reply.status !== 200 || text.includes('<Error>'))
    throw new Error(`${reply.status}: ${text.slice(0, 500)}`);
  return { milliseconds };
}

/** Makes a bucket; one that is there already will do. */
export async function makeBucket(target: Target): Promise<{ readonly status: number }> {
  const connection = new Connection(target.host, target.port);
  const head = requestHead(target, { method: 'PUT', payload: EMPTY_SHA256, length: 0 });
  const { status, body } = await connection.ask([head], { keep: true });
  connection.close();
  if (status !== 200 && status !== 409) throw new Error(`${status}: ${body.toString()}`);
  return { status };
}
