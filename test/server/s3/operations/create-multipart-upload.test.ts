import { CreateMultipartUploadCommand, type CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };

t.test('an upload has an id, and the checksum it was made for', async (t) => {
  const { client } = await serve(t);
  const create = (input: Partial<CreateMultipartUploadCommandInput> = {}) =>
    client.send(new CreateMultipartUploadCommand({ ...AT, ...input }));
  t.match(await create(), { ...AT, UploadId: /^[0-9a-f]{32}$/ });
  t.match(await create({ ChecksumAlgorithm: 'SHA256' }), {
    ChecksumAlgorithm: 'SHA256',
    ChecksumType: 'COMPOSITE',
  });
  t.match(await create({ ChecksumAlgorithm: 'CRC64NVME' }), { ChecksumType: 'FULL_OBJECT' });
  t.match(await create({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }), {
    ChecksumType: 'FULL_OBJECT',
  });
  await t.rejects(create({ ChecksumAlgorithm: 'SHA1', ChecksumType: 'FULL_OBJECT' }), {
    name: 'InvalidRequest',
  });
  await t.rejects(create({ ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }), {
    name: 'InvalidRequest',
  });
  await t.rejects(create({ ServerSideEncryption: 'AES256' }), { name: 'NotImplemented' });
  await t.rejects(create({ Bucket: 'nobody' }), { name: 'NoSuchBucket' });
});

t.test('a checksum type without an algorithm is refused', async (t) => {
  const { ask } = await serve(t);
  const answer = await ask({
    method: 'POST',
    path: '/bucket/k',
    query: { uploads: '' },
    headers: { 'x-amz-checksum-type': 'COMPOSITE' },
  });
  t.equal(answer.status, 400);
  t.match(answer.body, 'InvalidRequest');
});
