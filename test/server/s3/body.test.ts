import t from 'tap';
import { createHash } from 'node:crypto';
import { StoreError } from '../../../lib/errors.js';
import { S3Error } from '../../../server/s3/errors.js';
import type { RequestBody } from '../../../server/s3/operation.js';
import { EMPTY_SHA256 } from '../../../server/s3/auth/signing-key.js';
import { ChunkSigner } from '../../../server/s3/auth/chunk-signer.js';
import { SigningKeys, sha256Hex } from '../../../server/s3/auth/signing-key.js';
import { signHeaders } from '../../../server/s3/auth/sign.js';
import { KEY, credentialsOf, openDoor, operation, send, textIn, type Door } from './door.js';

type Reader = (body: RequestBody) => Promise<string>;

/** PutObject that reads its body as `reader` does and answers what that says. */
async function doorReading(t: Parameters<typeof openDoor>[0], reader: Reader): Promise<Door> {
  return openDoor(t, [
    operation('PutObject', async ({ body }) => ({ status: 200, body: await reader(body) })),
    operation('DeleteObjects', async ({ body }) => ({ status: 200, body: await reader(body) })),
  ]);
}

const digest: Reader = async (body) => {
  const hash = createHash('sha256');
  let size = 0;
  await body.pump((chunk) => {
    hash.update(chunk);
    size += chunk.length;
  });
  return `${size} ${hash.digest('hex')} ${[...body.trailers()].flat().join(':')}`;
};

const put = { method: 'PUT', path: '/bucket/key' };
const large = Buffer.alloc(3 * 1024 * 1024, 'large ');

t.test('a plain body arrives whole, whatever way it is read', async (t) => {
  const pumped = await doorReading(t, digest);
  t.match((await pumped.ask({ ...put, body: large })).body, `${large.length} ${sha256Hex(large)}`);

  const streamed = await doorReading(t, async (body) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.stream()) chunks.push(Buffer.from(chunk));
    return sha256Hex(Buffer.concat(chunks));
  });
  t.equal((await streamed.ask({ ...put, body: large })).body, sha256Hex(large));

  const buffered = await doorReading(t, async (body) => sha256Hex(await body.buffer(1 << 30)));
  t.equal((await buffered.ask({ ...put, body: large })).body, sha256Hex(large));
  t.equal((await buffered.ask({ ...put, body: '' })).body, EMPTY_SHA256);
});

t.test('a reader that is slow gets the same bytes, in order', async (t) => {
  const door = await doorReading(t, async (body) => {
    const hash = createHash('sha256');
    await body.pump(async (chunk) => {
      await new Promise((resolve) => setImmediate(resolve));
      hash.update(chunk);
    });
    return hash.digest('hex');
  });
  t.equal((await door.ask({ ...put, body: large })).body, sha256Hex(large));
});

t.test('what a handler knows before it reads', async (t) => {
  const door = await doorReading(t, async (body) =>
    JSON.stringify([body.size, body.signedSha256, body.announcedTrailers]),
  );
  t.same(JSON.parse((await door.ask({ ...put, body: 'hello' })).body), [5, null, []]);
  t.same(JSON.parse((await door.ask({ ...put, body: 'hello', payloadHash: 'A'.repeat(64) })).body), [
    5,
    'a'.repeat(64),
    [],
  ]);
});

t.test('a whole payload is held to the hash that was signed', async (t) => {
  const door = await doorReading(t, async (body) => (await body.buffer(100)).toString());
  t.equal((await door.ask({ ...put, body: 'hello', payloadHash: sha256Hex('hello') })).body, 'hello');
  const answer = await door.ask({ ...put, body: 'hello', payloadHash: sha256Hex('other') });
  t.equal(answer.status, 400);
  t.equal(textIn(answer.body, 'Code'), 'XAmzContentSHA256Mismatch');
});

t.test('a document past its limit is refused, declared or not', async (t) => {
  const door = await doorReading(t, async (body) => (await body.buffer(10)).toString());
  const declared = await door.ask({ ...put, body: 'x'.repeat(11) });
  t.equal(textIn(declared.body, 'Code'), 'MaxMessageLengthExceeded');
  const chunked = await door.ask({
    ...put,
    body: 'x'.repeat(11),
    headers: { 'transfer-encoding': 'chunked' },
  });
  t.equal(textIn(chunked.body, 'Code'), 'MaxMessageLengthExceeded');
});

t.test('an object needs a length, a document does not', async (t) => {
  const door = await doorReading(t, digest);
  const { socket, closed } = await door.raw();
  const signed = signHeaders({
    ...put,
    host: door.host,
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
  });
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`PUT ${signed.target} HTTP/1.1\r\n${lines.join('')}Connection: close\r\n\r\n`);
  t.match(await closed, /^HTTP\/1.1 411 [^]*<Code>MissingContentLength</);

  const documents = await doorReading(t, async (body) => `${(await body.buffer(10)).length} bytes`);
  t.equal((await documents.ask({ method: 'POST', path: '/bucket', query: { delete: '' } })).body, '0 bytes');
});

const chunkedHeaders = (mode: string, length: number, trailer?: string): Record<string, string> => ({
  'x-amz-content-sha256': mode,
  'x-amz-decoded-content-length': String(length),
  ...(trailer !== undefined && { 'x-amz-trailer': trailer }),
});

async function putChunked(
  door: Door,
  mode: string,
  length: number,
  encode: (seed: string, stamp: string) => string,
  trailer?: string,
  transfer = false,
) {
  const { 'x-amz-content-sha256': payloadHash, ...headers } = chunkedHeaders(mode, length, trailer);
  const signed = signHeaders({
    ...put,
    host: door.host,
    headers,
    payloadHash: payloadHash!,
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
  });
  const extra = transfer ? { 'transfer-encoding': 'chunked' } : {};
  return send(
    door.port,
    'PUT',
    signed.target,
    { ...signed.headers, ...extra },
    encode(signed.signature, signed.headers['x-amz-date']!),
  );
}

t.test('unsigned chunks with a trailer, with and without Content-Length', async (t) => {
  const door = await doorReading(t, digest);
  const encode = () => '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
  for (const transfer of [false, true]) {
    const answer = await putChunked(
      door,
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      5,
      encode,
      'x-amz-checksum-crc32',
      transfer,
    );
    t.equal(answer.body, `5 ${sha256Hex('hello')} x-amz-checksum-crc32:AAAAAA==`);
  }
});

t.test('signed chunks are held to their signatures', async (t) => {
  const door = await doorReading(t, digest);
  const encode = (text: string) => (seed: string, stamp: string) => {
    const scope = { date: stamp.slice(0, 8), region: 'us-east-1' };
    const signer = new ChunkSigner(new SigningKeys().get(KEY.secret, scope), stamp, scope, seed);
    return `5;chunk-signature=${signer.chunk(sha256Hex('hello'))}\r\n${text}\r\n0;chunk-signature=${signer.chunk(EMPTY_SHA256)}\r\n\r\n`;
  };
  const mode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
  t.match((await putChunked(door, mode, 5, encode('hello'))).body, `5 ${sha256Hex('hello')}`);
  const forged = await putChunked(door, mode, 5, encode('hellO'));
  t.equal(textIn(forged.body, 'Code'), 'SignatureDoesNotMatch');
});

t.test('more or fewer bytes than declared are an incomplete body', async (t) => {
  const door = await doorReading(t, digest);
  for (const length of [4, 6]) {
    const answer = await putChunked(
      door,
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      length,
      () => '5\r\nhello\r\n0\r\n\r\n',
    );
    t.equal(textIn(answer.body, 'Code'), 'IncompleteBody', String(length));
  }
});

t.test('chunks without a decoded length, or with nonsense for one', async (t) => {
  const door = await doorReading(t, digest);
  const payloadHash = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  t.equal((await door.ask({ ...put, payloadHash, body: '0\r\n\r\n' })).status, 411);
  const answer = await door.ask({
    ...put,
    payloadHash,
    body: '0\r\n\r\n',
    headers: { 'x-amz-decoded-content-length': '-1' },
  });
  t.equal(textIn(answer.body, 'Code'), 'InvalidArgument');
});

t.test('what the reader throws is the answer, and the connection survives a small rest', async (t) => {
  const door = await doorReading(t, (body) =>
    body
      .pump(() => {
        throw new StoreError('NoSpace', 'full');
      })
      .then(() => ''),
  );
  const answer = await door.ask({ ...put, body: 'hello', headers: { connection: 'keep-alive' } });
  t.equal(answer.status, 507);
  t.not(answer.headers.connection, 'close');
});

t.test('leaving a stream early neither hangs nor leaks', async (t) => {
  const door = await doorReading(t, async (body) => {
    for await (const _ of body.stream()) throw new S3Error('EntityTooLarge');
    return '';
  });
  t.equal(textIn((await door.ask({ ...put, body: large })).body, 'Code'), 'EntityTooLarge');
});

t.test('a body is read once', async (t) => {
  const door = await doorReading(t, async (body) => {
    await body.buffer(100);
    await body.buffer(100);
    return '';
  });
  t.equal((await door.ask({ ...put, body: 'x' })).status, 500);
  t.equal(door.bugs.length, 1);
});

t.test('a client that hangs up before the end is an incomplete body to the reader', async (t) => {
  let tell: (code: string) => void = () => {};
  const told = new Promise<string>((resolve) => (tell = resolve));
  const door = await doorReading(t, async (body) => {
    await body
      .pump(() => {})
      .catch((error: { code: string }) => {
        tell(error.code);
        throw error;
      });
    return '';
  });
  const { socket, closed } = await door.raw();
  const signed = signHeaders({
    ...put,
    host: door.host,
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
  });
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`PUT ${signed.target} HTTP/1.1\r\n${lines.join('')}Content-Length: 100\r\n\r\nhello`);
  setTimeout(() => socket.destroy(), 50);
  t.equal(await told, 'IncompleteBody');
  await closed;
});

t.test('a client that closes its half early still hears so', async (t) => {
  const door = await doorReading(t, digest);
  const { socket, closed } = await door.raw();
  const signed = signHeaders({
    ...put,
    host: door.host,
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
  });
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`PUT ${signed.target} HTTP/1.1\r\n${lines.join('')}Content-Length: 100\r\n\r\nhello`);
  t.match(await closed, /^HTTP\/1.1 400 [^]*<Code>IncompleteBody</);
});
