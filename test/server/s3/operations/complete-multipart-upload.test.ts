import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import t from 'tap';
import { readParts } from '../../../../server/s3/operations/complete-multipart-upload.js';
import { serve } from '../serve.js';
import { MIB, createUpload, uploadParts } from './upload.js';

const AT = { Bucket: 'bucket', Key: 'a/ü b' };
const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest();
const list = (parts: string) => Buffer.from(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);

t.test('the parts become one object with their names, types and tags', async (t) => {
  const { client, endpoint } = await serve(t);
  const bodies = [Buffer.alloc(5 * MIB, 'a'), Buffer.alloc(5 * MIB, 'b'), Buffer.from('end')];
  const { done, UploadId, Parts } = await uploadParts(client, AT, bodies, {
    ContentType: 'text/x-mine',
    Metadata: { one: '1' },
    Tagging: 'a=1',
    StorageClass: 'STANDARD_IA',
  });
  const ETag = `"${md5(Buffer.concat(bodies.map(md5))).toString('hex')}-3"`;
  t.match(done, { ...AT, ETag, Location: `${endpoint}/bucket/a/%C3%BC%20b` });
  const got = await client.send(new GetObjectCommand(AT));
  t.ok(Buffer.concat(bodies).equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])));
  t.match(got, {
    ETag,
    ContentType: 'text/x-mine',
    Metadata: { one: '1' },
    TagCount: 1,
    StorageClass: 'STANDARD_IA',
  });
  const again = await client.send(
    new CompleteMultipartUploadCommand({ ...AT, UploadId, MultipartUpload: { Parts } }),
  );
  t.equal(again.ETag, ETag, 'completing again answers the same');
});

t.test('each part is read by its number, with its own checksum', async (t) => {
  const { client } = await serve(t);
  const bodies = [Buffer.alloc(5 * MIB, 'a'), Buffer.from('end')];
  const { done } = await uploadParts(client, AT, bodies, { ChecksumAlgorithm: 'SHA256' });
  const digests = bodies.map((body) => createHash('sha256').update(body).digest());
  const whole = `${createHash('sha256').update(Buffer.concat(digests)).digest('base64')}-2`;
  t.match(done, { ChecksumSHA256: whole, ChecksumType: 'COMPOSITE' });
  const second = await client.send(new GetObjectCommand({ ...AT, PartNumber: 2, ChecksumMode: 'ENABLED' }));
  t.equal(await second.Body?.transformToString(), 'end');
  t.match(second, {
    PartsCount: 2,
    ContentRange: `bytes ${5 * MIB}-${5 * MIB + 2}/${5 * MIB + 3}`,
    ChecksumSHA256: digests[1]?.toString('base64'),
  });
  const head = await client.send(new HeadObjectCommand({ ...AT, ChecksumMode: 'ENABLED' }));
  t.match(head, { ChecksumSHA256: whole, ChecksumType: 'COMPOSITE' });
});

t.test('lists that are wrong complete nothing', async (t) => {
  const { client } = await serve(t);
  const UploadId = await createUpload(client, AT);
  const send = (PartNumber: number, Body: string) =>
    client.send(new UploadPartCommand({ ...AT, UploadId, PartNumber, Body }));
  const one = { PartNumber: 1, ETag: (await send(1, 'x')).ETag };
  const two = { PartNumber: 2, ETag: (await send(2, 'y')).ETag };
  const complete = (Parts: object[], more: object = {}) =>
    client.send(new CompleteMultipartUploadCommand({ ...AT, UploadId, MultipartUpload: { Parts }, ...more }));
  await t.rejects(complete([]), { name: 'MalformedXML' });
  await t.rejects(complete([two, one]), { name: 'InvalidPartOrder' });
  await t.rejects(complete([one, two]), { name: 'EntityTooSmall' });
  await t.rejects(complete([{ ...one, PartNumber: 3 }]), { name: 'InvalidPart' });
  await t.rejects(complete([{ ...one, ETag: '"f00"' }]), { name: 'InvalidPart' });
  await t.rejects(complete([two], { MpuObjectSize: 5 }), { name: 'InvalidRequest' });
  await t.rejects(complete([one], { UploadId: 'abc1234def' }), { name: 'NoSuchUpload' });
  await t.rejects(client.send(new HeadObjectCommand(AT)), { name: 'NotFound' });
  await t.resolves(complete([two], { MpuObjectSize: 1 }));
});

t.test('conditions hold when it completes', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'there' }));
  const UploadId = await createUpload(client, AT);
  const { ETag } = await client.send(new UploadPartCommand({ ...AT, UploadId, PartNumber: 1, Body: 'x' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await t.rejects(
    client.send(new CompleteMultipartUploadCommand({ ...AT, UploadId, MultipartUpload, IfNoneMatch: '*' })),
    { name: 'PreconditionFailed' },
  );
  await t.resolves(
    client.send(new CompleteMultipartUploadCommand({ ...AT, UploadId, MultipartUpload, IfMatch: '*' })),
  );
});

t.test('the SDK’s own uploader works, from a stream', async (t) => {
  const { client } = await serve(t);
  const blocks = Array.from({ length: 12 }, (_, at) => Buffer.alloc(MIB, at));
  const upload = new Upload({ client, params: { ...AT, Body: Readable.from(blocks) } });
  await upload.done();
  const got = await client.send(new GetObjectCommand(AT));
  t.ok(Buffer.concat(blocks).equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])));
});

t.test('a list is read as written', async (t) => {
  const part = (number: string, etag: string, more = '') =>
    `<Part>${more}<ETag>${etag}</ETag><PartNumber>${number}</PartNumber></Part>`;
  t.same(
    readParts(list(part('1', '&quot;a&quot;', '<ChecksumCRC32>AA==</ChecksumCRC32>') + part('3', 'b'))),
    [
      { number: 1, etag: 'a', checksums: [{ algorithm: 'CRC32', value: 'AA==' }] },
      { number: 3, etag: 'b', checksums: [] },
    ],
  );
  t.match(
    readParts(list(part('1', 'a') + part('1', 'b'))),
    [{ number: 1, etag: 'b' }],
    'the later one counts',
  );
  t.throws(() => readParts(Buffer.alloc(0)), { code: 'MalformedXML' });
  t.throws(() => readParts(list('')), { code: 'MalformedXML' });
  t.throws(() => readParts(list('<Part><PartNumber>1</PartNumber></Part>')), { code: 'MalformedXML' });
  t.throws(() => readParts(list(part('0', 'a'))), { code: 'InvalidArgument' });
  t.throws(() => readParts(list(part('2', 'a') + part('1', 'a'))), { code: 'InvalidPartOrder' });
});
