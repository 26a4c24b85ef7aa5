import {
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serve } from '../serve.js';

const AT = { Bucket: 'bucket', Key: 'photos/cat.jpg' };

t.test('small and large objects come back byte for byte', async (t) => {
  const { client } = await serve(t);
  for (const size of [0, 1, 4096, 70_000, 3_000_000]) {
    const body = Buffer.alloc(size, 'cat');
    await client.send(new PutObjectCommand({ ...AT, Body: body }));
    for (let round = 0; round < 2; round++) {
      const got = await client.send(new GetObjectCommand(AT));
      t.ok(body.equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])), `${size} bytes`);
      t.equal(got.ContentLength, size);
      t.equal(got.AcceptRanges, 'bytes');
    }
    const head = await client.send(new HeadObjectCommand(AT));
    t.equal(head.ContentLength, size);
  }
});

t.test('a file nobody uploaded is an object', async (t) => {
  const { client, directory } = await serve(t);
  mkdirSync(join(directory, 'bucket/photos'));
  writeFileSync(join(directory, 'bucket/photos/cat.jpg'), 'meow');
  const got = await client.send(new GetObjectCommand(AT));
  t.equal(await got.Body?.transformToString(), 'meow');
  t.equal(got.ContentType, 'image/jpeg');
  t.match(got.ETag, /^"[0-9a-f]{32}-1"$/);
});

t.test('ranges of small and of large objects', async (t) => {
  const { client, ask } = await serve(t);
  for (const size of [100, 2_000_000]) {
    const body = Buffer.from(Array.from({ length: size }, (_, at) => at % 251));
    await client.send(new PutObjectCommand({ ...AT, Body: body }));
    const range = async (Range: string) => {
      const got = await client.send(new GetObjectCommand({ ...AT, Range }));
      return {
        status: got.$metadata.httpStatusCode,
        range: got.ContentRange,
        bytes: Buffer.from((await got.Body?.transformToByteArray()) ?? []),
      };
    };
    t.same(await range('bytes=5-9'), {
      status: 206,
      range: `bytes 5-9/${size}`,
      bytes: body.subarray(5, 10),
    });
    t.same(await range('bytes=-7'), {
      status: 206,
      range: `bytes ${size - 7}-${size - 1}/${size}`,
      bytes: body.subarray(size - 7),
    });
    t.match(await range(`bytes=${size - 1}-`), { status: 206, bytes: body.subarray(size - 1) });
    t.match(await range('bytes=9-5'), { status: 200, range: undefined });
    await t.rejects(range(`bytes=${size}-`), { name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
    const head = await ask({
      method: 'HEAD',
      path: '/bucket/photos/cat.jpg',
      headers: { range: 'bytes=5-9' },
    });
    t.match(head, { status: 206, headers: { 'content-length': '5', 'content-range': `bytes 5-9/${size}` } });
  }
});

t.test('conditions', async (t) => {
  const { client, ask } = await serve(t);
  const { ETag } = await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  const path = '/bucket/photos/cat.jpg';
  for (const method of ['GET', 'HEAD']) {
    const same = await ask({ method, path, headers: { 'if-none-match': ETag! } });
    t.match(same, { status: 304, body: '', headers: { etag: ETag! } });
    t.ok(same.headers['last-modified']);
    t.equal((await ask({ method, path, headers: { 'if-match': '"no"' } })).status, 412);
    t.equal((await ask({ method, path, headers: { 'if-match': ETag! } })).status, 200);
    const long = 'Sat, 29 Oct 1994 19:43:31 GMT';
    t.equal((await ask({ method, path, headers: { 'if-unmodified-since': long } })).status, 412);
    t.equal(
      (await ask({ method, path, headers: { 'if-unmodified-since': long, 'if-match': ETag! } })).status,
      200,
    );
    t.equal((await ask({ method, path, headers: { 'if-modified-since': long } })).status, 200);
  }
});

t.test('what is missing is missing', async (t) => {
  const { client, ask } = await serve(t);
  await t.rejects(client.send(new GetObjectCommand(AT)), { name: 'NoSuchKey' });
  await t.rejects(client.send(new HeadObjectCommand(AT)), { name: 'NotFound' });
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  await t.rejects(
    client.send(new HeadObjectCommand({ ...AT, Key: 'photos' })),
    { name: 'NotFound' },
    'a directory is no object',
  );
  await t.resolves(client.send(new GetObjectCommand({ ...AT, VersionId: 'null' })));
  await t.rejects(client.send(new GetObjectCommand({ ...AT, VersionId: 'v'.repeat(32) })), {
    name: 'NoSuchVersion',
  });
  const answer = await ask({ path: '/bucket/photos/cat.jpg', query: { versionId: 'x' } });
  t.equal(answer.status, 400);
});

t.test('checksums come when asked for, with the whole only', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x', ChecksumAlgorithm: 'SHA256' }));
  const whole = await client.send(new GetObjectCommand({ ...AT, ChecksumMode: 'ENABLED' }));
  t.equal(whole.ChecksumSHA256, createHash('sha256').update('x').digest('base64'));
  t.equal(whole.ChecksumType, 'FULL_OBJECT');
  const plain = await client.send(new HeadObjectCommand(AT));
  t.equal(plain.ChecksumSHA256, undefined);
  const part = await client.send(
    new GetObjectCommand({ ...AT, ChecksumMode: 'ENABLED', Range: 'bytes=0-0' }),
  );
  t.equal(part.ChecksumSHA256, undefined);
});

t.test('a presigned URL may choose headers of the answer', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  const url = await getSignedUrl(
    client,
    new GetObjectCommand({ ...AT, ResponseContentType: 'foo/bar', ResponseContentDisposition: 'attachment' }),
  );
  const got = await fetch(url);
  t.equal(got.headers.get('content-type'), 'foo/bar');
  t.equal(got.headers.get('content-disposition'), 'attachment');
  t.equal(await got.text(), 'x');
});

t.test('anybody may read a public bucket, and learns nothing of what is missing', async (t) => {
  const { client, ask } = await serve(t, { door: { publicRead: new Set(['bucket']) } });
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  const path = '/bucket/photos/cat.jpg';
  t.match(await ask({ path, key: 'nobody' }), { status: 200, body: 'x' });
  t.equal((await ask({ path: '/bucket/none', key: 'nobody' })).status, 403);
  t.equal((await ask({ method: 'HEAD', path: '/bucket/none', key: 'nobody' })).status, 403);
  t.equal((await ask({ path, key: 'nobody', query: { 'response-content-type': 'a/b' } })).status, 400);
});

t.test('a public bucket that lost its settings answers no one but its owner', async (t) => {
  const { client, ask, directory } = await serve(t, { door: { publicRead: new Set(['bucket']) } });
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  const path = '/bucket/photos/cat.jpg';
  t.match(await ask({ path, key: 'nobody' }), { status: 200 });
  rmSync(`${directory}/bucket/.bucketree`, { recursive: true });
  t.match(await ask({ path, key: 'nobody' }), { status: 403 });
  t.match(await ask({ path }), { status: 200, body: 'x' });
  await client.send(new PutBucketTaggingCommand({ Bucket: 'bucket', Tagging: { TagSet: [] } }));
  t.match(await ask({ path, key: 'nobody' }), { status: 200 }, 'whoever sets anything has looked at it');
});

t.test('part 1 of an object without parts is all of it', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'body' }));
  const got = await client.send(new GetObjectCommand({ ...AT, PartNumber: 1 }));
  t.equal(await got.Body?.transformToString(), 'body');
  t.equal(got.$metadata.httpStatusCode, 206);
  t.equal(got.PartsCount, undefined);
  await t.rejects(client.send(new GetObjectCommand({ ...AT, PartNumber: 2 })), {
    name: 'InvalidPartNumber',
    $metadata: { httpStatusCode: 416 },
  });
});

t.test('a customer’s key is refused by name', async (t) => {
  const { ask } = await serve(t);
  const prefix = 'x-amz-server-side-encryption-customer';
  const headers = {
    [`${prefix}-algorithm`]: 'AES256',
    [`${prefix}-key`]: 'pO3upElrwuEXSoFwCfnZPdSsmt/xWeFa0N9KgDijwVs=',
    [`${prefix}-key-md5`]: 'DWygnHRtgiJ77HCm+1rvHw==',
  };
  const answer = await ask({ path: '/bucket/k', headers });
  t.equal(answer.status, 501);
  t.match(answer.body, `${prefix}-algorithm`);
});
