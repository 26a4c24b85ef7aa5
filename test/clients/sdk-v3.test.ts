import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  paginateListObjectsV2,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  AbortMultipartUploadCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import t from 'tap';
import { noise, place } from './server.js';

const Bucket = 'sdk';

t.test('the AWS SDK for JavaScript v3', { timeout: 300_000 }, async (t) => {
  const { server, store } = await place(t);
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  });
  t.teardown(() => client.destroy());
  await client.send(new CreateBucketCommand({ Bucket }));
  const file = (key: string): Buffer => readFileSync(join(store, Bucket, key));
  const stream = (body: Buffer, block = 64 * 1024): Readable =>
    Readable.from(
      (function* () {
        for (let at = 0; at < body.length; at += block) yield body.subarray(at, at + block);
      })(),
    );

  await t.test('puts and gets', async (t) => {
    const put = await client.send(
      new PutObjectCommand({ Bucket, Key: 'a b/ü.txt', Body: 'hello', Metadata: { mine: 'yes' } }),
    );
    t.ok(put.ChecksumCRC32, 'with the checksum the SDK adds');
    const got = await client.send(
      new GetObjectCommand({ Bucket, Key: 'a b/ü.txt', ChecksumMode: 'ENABLED' }),
    );
    t.equal(await got.Body?.transformToString(), 'hello');
    t.same(got.Metadata, { mine: 'yes' });
    t.equal(got.ChecksumCRC32, put.ChecksumCRC32);
    await t.rejects(client.send(new GetObjectCommand({ Bucket, Key: 'none' })), NoSuchKey);
  });

  await t.test('uploads a stream of unknown length', async (t) => {
    const body = noise(11 << 20, 7);
    const upload = new Upload({
      client,
      params: { Bucket, Key: 'streams/unknown.bin', Body: stream(body) },
      partSize: 5 << 20,
    });
    await upload.done();
    t.ok(file('streams/unknown.bin').equals(body), 'in parts');
    const small = new Upload({
      client,
      params: { Bucket, Key: 'streams/small.bin', Body: stream(noise(1000, 8)) },
    });
    await small.done();
    t.ok(file('streams/small.bin').equals(noise(1000, 8)), 'at once');
  });

  await t.test('puts a stream as signed chunks with a trailing checksum', async (t) => {
    const body = noise(3 << 20, 9);
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      const Key = `streams/${ChecksumAlgorithm}.bin`;
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: stream(body),
          ContentLength: body.length,
          ChecksumAlgorithm,
        }),
      );
      t.ok(file(Key).equals(body), ChecksumAlgorithm);
      const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      t.ok(head[`Checksum${ChecksumAlgorithm}`], 'which is kept');
    }
  });

  await t.test('pages', async (t) => {
    const keys = Array.from({ length: 120 }, (_, number) => `pages/${String(number).padStart(4, '0')}`);
    await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
    writeFileSync(join(store, Bucket, 'pages/on the disk'), 'too');
    const found: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client, pageSize: 17 }, { Bucket, Prefix: 'pages/' })) {
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
    }
    t.same(found, [...keys, 'pages/on the disk']);
    const top = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    t.same(
      top.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ['a b/', 'pages/', 'streams/'],
    );
    const gone = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    t.equal(gone.Deleted?.length, keys.length);
    t.same(
      (await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'pages/' }))).Contents?.map(
        ({ Key }) => Key,
      ),
      ['pages/on the disk'],
    );
  });

  await t.test('pages through parts and aborts', async (t) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const upload = { Bucket, Key: 'parts', UploadId };
    for (let PartNumber = 1; PartNumber <= 7; PartNumber++) {
      await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: `part ${PartNumber}` }));
    }
    const numbers: (number | undefined)[] = [];
    // The SDK's own paginator never ends, with AWS neither: it does not look at IsTruncated.
    let PartNumberMarker: string | undefined;
    do {
      const page = await client.send(
        new ListPartsCommand({ ...upload, MaxParts: 3, ...(PartNumberMarker ? { PartNumberMarker } : {}) }),
      );
      numbers.push(...(page.Parts ?? []).map(({ PartNumber }) => PartNumber));
      PartNumberMarker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
    } while (PartNumberMarker !== undefined);
    t.same(numbers, [1, 2, 3, 4, 5, 6, 7]);
    await client.send(new AbortMultipartUploadCommand(upload));
    await t.rejects(client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' })), {
      name: 'NoSuchUpload',
    });
  });

  await t.test('presigns', async (t) => {
    const put = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'presigned' }), {
      expiresIn: 60,
    });
    t.equal((await fetch(put, { method: 'PUT', body: 'by URL' })).status, 200);
    t.equal(file('presigned').toString(), 'by URL');
    const get = await getSignedUrl(
      client,
      new GetObjectCommand({ Bucket, Key: 'presigned', ResponseContentType: 'x/y' }),
      { expiresIn: 60 },
    );
    const got = await fetch(get);
    t.equal(got.headers.get('content-type'), 'x/y');
    t.equal(await got.text(), 'by URL');
  });
});
