import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../../lib/checksum.js';
import { digestOf } from '../../../../lib/hash/digest.js';
import { serve } from '../serve.js';

const AT = { Bucket: 'bucket', Key: 'a/b.txt' };
const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex');

t.test('an object is a file, and its entity tag the MD5', async (t) => {
  const { client, directory } = await serve(t);
  const put = await client.send(new PutObjectCommand({ ...AT, Body: 'hello' }));
  t.equal(put.ETag, `"${md5('hello')}"`);
  t.equal(put.ChecksumType, 'FULL_OBJECT');
  t.equal(readFileSync(join(directory, 'bucket/a/b.txt'), 'utf8'), 'hello');
});

t.test('everything said about it comes back', async (t) => {
  const { client } = await serve(t);
  await client.send(
    new PutObjectCommand({
      ...AT,
      Body: 'hello',
      ContentType: 'text/x-mine; charset=utf-8',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="b.txt"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      Expires: new Date(Date.UTC(2030, 0, 1)),
      StorageClass: 'GLACIER_IR',
      WebsiteRedirectLocation: '/other',
      Metadata: { one: 'eins', two: '' },
      ACL: 'private',
    }),
  );
  t.match(await client.send(new HeadObjectCommand(AT)), {
    ContentLength: 5,
    ContentType: 'text/x-mine; charset=utf-8',
    CacheControl: 'no-cache',
    ContentDisposition: 'attachment; filename="b.txt"',
    ContentEncoding: 'gzip',
    ContentLanguage: 'de',
    ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT',
    StorageClass: 'GLACIER_IR',
    WebsiteRedirectLocation: '/other',
    Metadata: { one: 'eins', two: '' },
  });
  await client.send(new PutObjectCommand({ ...AT, Body: 'hello' }));
  const again = await client.send(new HeadObjectCommand(AT));
  t.same(again.Metadata, {}, 'and goes with the next PUT');
  t.equal(again.ContentType, 'application/octet-stream');
});

t.test('each of the ten checksums is verified, kept and returned', async (t) => {
  const { ask } = await serve(t);
  const body = Buffer.from('the content');
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const value = digestOf(algorithm, body).toString('base64');
    const path = `/bucket/${algorithm}`;
    const put = await ask({ method: 'PUT', path, body, headers: { [name]: value } });
    t.match(
      put,
      { status: 200, headers: { [name]: value, 'x-amz-checksum-type': 'FULL_OBJECT' } },
      algorithm,
    );
    const head = await ask({ method: 'HEAD', path, headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    t.equal(head.headers[name], value);
    const bad = Buffer.from(value, 'base64');
    bad[0]! ^= 1;
    const refused = await ask({ method: 'PUT', path, body, headers: { [name]: bad.toString('base64') } });
    t.equal(refused.status, 400);
    t.match(refused.body, '<Code>BadDigest</Code>');
  }
});

t.test('CRC64NVME is added when none is named', async (t) => {
  const { ask } = await serve(t);
  const put = await ask({ method: 'PUT', path: '/bucket/k', body: 'x' });
  t.equal(
    put.headers['x-amz-checksum-crc64nvme'],
    digestOf('CRC64NVME', Buffer.from('x')).toString('base64'),
  );
  const head = await ask({
    method: 'HEAD',
    path: '/bucket/k',
    headers: { 'x-amz-checksum-mode': 'ENABLED' },
  });
  t.equal(head.headers['x-amz-checksum-crc64nvme'], put.headers['x-amz-checksum-crc64nvme']);
});

t.test('a body that is not what was announced changes nothing and leaves nothing', async (t) => {
  const { ask, directory, client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'before' }));
  const path = '/bucket/a/b.txt';
  const body = Buffer.alloc(300_000, 'y');
  const cases = [
    [{ headers: { 'content-md5': Buffer.from(md5('other'), 'hex').toString('base64') } }, 'BadDigest'],
    [{ headers: { 'content-md5': 'AAAA' } }, 'InvalidDigest'],
    [{ payloadHash: createHash('sha256').update('other').digest('hex') }, 'XAmzContentSHA256Mismatch'],
    [{ headers: { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha1': 'A' } }, 'InvalidRequest'],
    [{ headers: { 'x-amz-meta-a': 'x'.repeat(2048) } }, 'MetadataTooLarge'],
    [{ headers: { 'x-amz-storage-class': 'LUKEWARM' } }, 'InvalidStorageClass'],
    [{ headers: { 'x-amz-acl': 'public-read' } }, 'AccessControlListNotSupported'],
    [{ headers: { 'x-amz-tagging': 'a=1&a=2' } }, 'InvalidArgument'],
  ] as const;
  for (const [how, code] of cases) {
    const answer = await ask({ method: 'PUT', path, body, ...how });
    t.match(answer.body, `<Code>${code}</Code>`);
  }
  const encrypted = await ask({
    method: 'PUT',
    path,
    body,
    headers: { 'x-amz-server-side-encryption': 'AES256' },
  });
  t.equal(encrypted.status, 501);
  t.equal(readFileSync(join(directory, path), 'utf8'), 'before');
  t.same(readdirSync(join(directory, 'bucket/.bucketree/tmp')), []);
});

t.test('streams of unknown length arrive whole', async (t) => {
  const { client } = await serve(t);
  const blocks = Array.from({ length: 40 }, (_, at) => Buffer.alloc(65_537, at));
  const whole = Buffer.concat(blocks);
  const put = await client.send(
    new PutObjectCommand({ ...AT, Body: Readable.from(blocks), ContentLength: whole.length }),
  );
  t.equal(put.ETag, `"${md5(whole)}"`);
  const { Body } = await client.send(new GetObjectCommand(AT));
  t.ok(whole.equals(Buffer.from((await Body?.transformToByteArray()) ?? [])));
});

t.test('conditions are decided before the body is asked for', async (t) => {
  const { client } = await serve(t);
  const put = (input: Partial<ConstructorParameters<typeof PutObjectCommand>[0]>) =>
    client.send(new PutObjectCommand({ ...AT, Body: 'x', ...input }));
  const { ETag } = await put({ IfNoneMatch: '*' });
  await t.rejects(put({ IfNoneMatch: '*' }), {
    name: 'PreconditionFailed',
    $metadata: { httpStatusCode: 412 },
  });
  await t.rejects(put({ IfNoneMatch: ETag }), { name: 'PreconditionFailed' });
  await t.rejects(put({ IfMatch: '"other"' }), { name: 'PreconditionFailed' });
  await t.resolves(put({ IfMatch: ETag, Body: 'y' }));
  await t.resolves(put({ IfNoneMatch: ETag }));
  await t.rejects(put({ Key: 'nothing', IfMatch: '*' }), {
    name: 'NoSuchKey',
    $metadata: { httpStatusCode: 404 },
  });
});

t.test('a client that waits is not told to go on when the answer is no', async (t) => {
  const { client, raw, port } = await serve(t, { door: {} });
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  const { presign } = await import('../../../../server/s3/auth/sign.js');
  const { KEY, credentialsOf } = await import('../door.js');
  const target = presign({
    method: 'PUT',
    host: `127.0.0.1:${port}`,
    path: '/bucket/a/b.txt',
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
    expires: 60,
  });
  const { socket, closed } = await raw();
  socket.write(
    `PUT ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nIf-None-Match: *\r\n\r\n`,
  );
  const said = await closed;
  t.match(said, /^HTTP\/1\.1 412 /);
  t.notMatch(said, '100 Continue');
});

t.test('appending goes on where the object ends', async (t) => {
  const { client, directory } = await serve(t);
  const append = (Body: string, WriteOffsetBytes: number) =>
    client.send(new PutObjectCommand({ ...AT, Body, WriteOffsetBytes }));
  t.equal((await append('one', 0)).Size, 3);
  const second = await append('two', 3);
  t.equal(second.Size, 6);
  t.equal(readFileSync(join(directory, 'bucket/a/b.txt'), 'utf8'), 'onetwo');
  t.equal((await client.send(new HeadObjectCommand(AT))).ETag, second.ETag);
  await t.rejects(append('x', 5), { name: 'InvalidWriteOffset', $metadata: { httpStatusCode: 400 } });
});
