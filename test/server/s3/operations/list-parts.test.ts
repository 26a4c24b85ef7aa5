import { ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';
import { createUpload } from './upload.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };

t.test('parts by number, page by page', async (t) => {
  const { client } = await serve(t);
  const UploadId = await createUpload(client, AT, { ChecksumAlgorithm: 'SHA1', StorageClass: 'GLACIER' });
  for (const PartNumber of [9, 2, 5]) {
    await client.send(
      new UploadPartCommand({ ...AT, UploadId, PartNumber, Body: 'x', ChecksumAlgorithm: 'SHA1' }),
    );
  }
  const list = (input: object) => client.send(new ListPartsCommand({ ...AT, UploadId, ...input }));
  const first = await list({ MaxParts: 2 });
  t.match(first, {
    ...AT,
    UploadId,
    IsTruncated: true,
    NextPartNumberMarker: '5',
    MaxParts: 2,
    ChecksumAlgorithm: 'SHA1',
    ChecksumType: 'COMPOSITE',
    StorageClass: 'GLACIER',
    Initiator: { ID: 'root-id', DisplayName: 'root' },
    Owner: { ID: 'root-id' },
    Parts: [{ PartNumber: 2, Size: 1, ChecksumSHA1: String }, { PartNumber: 5 }],
  });
  t.match(await list({ PartNumberMarker: '5' }), { IsTruncated: false, Parts: [{ PartNumber: 9 }] });
  await t.rejects(list({ PartNumberMarker: 'x' }), { name: 'InvalidArgument' });
  await t.rejects(list({ MaxParts: -1 }), { name: 'InvalidArgument' });
});
