import { ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import t from 'tap';
import { serve } from '../serve.js';
import { createUpload } from './upload.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };

t.test('a part has the MD5 of its bytes, and the checksum the client sent', async (t) => {
  const { client } = await serve(t);
  const UploadId = await createUpload(client, AT);
  const part = await client.send(new UploadPartCommand({ ...AT, UploadId, PartNumber: 7, Body: 'hello' }));
  t.equal(part.ETag, `"${createHash('md5').update('hello').digest('hex')}"`);
  t.ok(part.ChecksumCRC32, 'the SDK names no algorithm when it creates, and sends one with the part');
  const again = await client.send(new UploadPartCommand({ ...AT, UploadId, PartNumber: 7, Body: 'other' }));
  const { Parts } = await client.send(new ListPartsCommand({ ...AT, UploadId }));
  t.match(Parts, [{ PartNumber: 7, ETag: again.ETag, Size: 5 }]);
  t.equal(Parts?.length, 1, 'the second takes the place of the first');
});

t.test('an upload made for one checksum takes no other', async (t) => {
  const { client } = await serve(t);
  const UploadId = await createUpload(client, AT, { ChecksumAlgorithm: 'SHA256' });
  const part = { ...AT, UploadId, PartNumber: 1, Body: 'x' };
  await t.rejects(client.send(new UploadPartCommand({ ...part, ChecksumAlgorithm: 'CRC32' })), {
    name: 'InvalidRequest',
  });
  const sent = await client.send(new UploadPartCommand({ ...part, ChecksumAlgorithm: 'SHA256' }));
  t.equal(sent.ChecksumSHA256, createHash('sha256').update('x').digest('base64'));
});

t.test('numbers, ids and bodies that are wrong are refused', async (t) => {
  const { client, ask } = await serve(t);
  const UploadId = await createUpload(client, AT);
  const part = (input: object) =>
    client.send(new UploadPartCommand({ ...AT, UploadId, PartNumber: 1, Body: 'x', ...input }));
  await t.rejects(part({ PartNumber: 0 }), { name: 'InvalidArgument' });
  await t.rejects(part({ PartNumber: 10_001 }), { name: 'InvalidArgument' });
  await t.rejects(part({ UploadId: 'abc' }), { name: 'NoSuchUpload', $metadata: { httpStatusCode: 404 } });
  await t.rejects(part({ Key: 'another' }), { name: 'NoSuchUpload' });
  const answer = await ask({
    method: 'PUT',
    path: '/bucket/a/b',
    query: { partNumber: '1', uploadId: UploadId },
    body: 'x',
    headers: { 'content-md5': createHash('md5').update('y').digest('base64') },
  });
  t.match(answer.body, 'BadDigest');
  const { Parts } = await client.send(new ListPartsCommand({ ...AT, UploadId }));
  t.equal(Parts, undefined);
});
