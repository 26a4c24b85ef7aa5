/** Large bodies, both ways, and multipart uploads. Bodies are made of one block sent again and again. */
import { createHash } from 'node:crypto';
import { EMPTY_SHA256, UNSIGNED } from '../sign.js';
import { Connection, type Reply } from './connection.js';
import { requestHead, type Target } from './target.js';

const BLOCK = Buffer.alloc(1 << 20);
for (let at = 0; at < BLOCK.length; at += 4) BLOCK.writeUInt32LE(Math.imul(at + 1, 2654435761) >>> 0, at);

export interface DownloadJob {
  readonly target: Target;
  readonly key: string;
  readonly bytes: number;
  readonly times: number;
}

export interface UploadJob {
  readonly target: Target;
  readonly key: string;
  readonly bytes: number;
  readonly times: number;
  /** How the payload is vouched for. */
  readonly payload: 'presigned' | 'sha256';
}

export interface ManyUploadsJob {
  readonly target: Target;
  readonly prefix: string;
  readonly bytes: number;
  readonly uploads: number;
}

export interface MultipartJob {
  readonly target: Target;
  readonly key: string;
  readonly bytes: number;
  readonly partBytes: number;
  readonly connections: number;
}

/** The best of the times, bytes a second. */
export interface Throughput {
  readonly bytesPerSecond: number;
}

export interface MultipartResult extends Throughput {
  readonly completeMilliseconds: number;
}

function* blocks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    yield left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
  }
}

function check(reply: Reply, status = 200): Reply {
  if (reply.status !== status || reply.body.includes('<Error>')) {
    throw new Error(`${reply.status}: ${reply.body.toString('utf8', 0, 500)}`);
  }
  return reply;
}

export async function download(job: DownloadJob): Promise<Throughput> {
  const connection = new Connection(job.target.host, job.target.port);
  let best = 0;
  for (let time = 0; time < job.times; time++) {
    const head = requestHead(job.target, { method: 'GET', key: job.key, payload: EMPTY_SHA256 });
    const began = performance.now();
    const reply = check(await connection.ask([head]));
    if (reply.size !== job.bytes) throw new Error(`${reply.size} bytes in place of ${job.bytes}`);
    best = Math.max(best, (job.bytes / (performance.now() - began)) * 1000);
  }
  connection.close();
  return { bytesPerSecond: best };
}

export async function upload(job: UploadJob): Promise<Throughput> {
  let payload = UNSIGNED;
  if (job.payload === 'sha256') {
    const hash = createHash('sha256');
    for (const block of blocks(job.bytes)) hash.update(block);
    payload = hash.digest('hex');
  }
  const connection = new Connection(job.target.host, job.target.port);
  let best = 0;
  for (let time = 0; time < job.times; time++) {
    const head = requestHead(job.target, {
      method: 'PUT',
      key: job.key,
      payload,
      length: job.bytes,
      presigned: job.payload === 'presigned',
    });
    const began = performance.now();
    check(await connection.stream(head, blocks(job.bytes)));
    best = Math.max(best, (job.bytes / (performance.now() - began)) * 1000);
  }
  connection.close();
  return { bytesPerSecond: best };
}

/** All at once, each on its own connection. */
export async function manyUploads(job: ManyUploadsJob): Promise<Throughput> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: job.uploads }, async (_, number) => {
      const connection = new Connection(job.target.host, job.target.port);
      const head = requestHead(job.target, {
        method: 'PUT',
        key: `${job.prefix}${number}`,
        payload: UNSIGNED,
        length: job.bytes,
      });
      check(await connection.stream(head, blocks(job.bytes)));
      connection.close();
    }),
  );
  return { bytesPerSecond: ((job.bytes * job.uploads) / (performance.now() - began)) * 1000 };
}

export async function multipart(job: MultipartJob): Promise<MultipartResult> {
  const { target, key } = job;
  const connections = Array.from({ length: job.connections }, () => new Connection(target.host, target.port));
  const [first] = connections as [Connection];
  const began = performance.now();
  const create = requestHead(target, {
    method: 'POST',
    key,
    query: { uploads: '' },
    payload: EMPTY_SHA256,
    length: 0,
  });
  const created = check(await first.ask([create], { keep: true }));
  const uploadId = /<UploadId>([^<]+)</.exec(created.body.toString())?.[1] ?? '';
  const parts = Math.ceil(job.bytes / job.partBytes);
  const etags: string[] = [];
  let next = 1;
  await Promise.all(
    connections.map(async (connection) => {
      while (next <= parts) {
        const number = next++;
        const length = Math.min(job.partBytes, job.bytes - (number - 1) * job.partBytes);
        const head = requestHead(target, {
          method: 'PUT',
          key,
          query: { partNumber: String(number), uploadId },
          payload: UNSIGNED,
          length,
        });
        const reply = check(await connection.stream(head, blocks(length)));
        etags[number] = /\r\netag: *(\S+)/i.exec(reply.head)?.[1] ?? '';
      }
    }),
  );
  const list = etags
    .slice(1)
    .map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
  const complete = requestHead(target, {
    method: 'POST',
    key,
    query: { uploadId },
    payload: createHash('sha256').update(body).digest('hex'),
    length: body.length,
  });
  const completing = performance.now();
  check(await first.ask([complete, body], { keep: true }));
  const ended = performance.now();
  for (const connection of connections) connection.close();
  return {
    bytesPerSecond: (job.bytes / (ended - began)) * 1000,
    completeMilliseconds: ended - completing,
  };
}
