import {
  GetObjectAttributesCommand,
  PutObjectCommand,
  type GetObjectAttributesCommandInput,
  type ObjectAttributes,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';
import { MIB, uploadParts } from './upload.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };
const ALL: ObjectAttributes[] = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

t.test('an object tells what is asked for, and no more', async (t) => {
  const { client, ask } = await serve(t);
  const { ETag } = await client.send(
    new PutObjectCommand({ ...AT, Body: 'foo', ChecksumAlgorithm: 'SHA256' }),
  );
  const get = (input: Partial<GetObjectAttributesCommandInput>) =>
    client.send(new GetObjectAttributesCommand({ ...AT, ObjectAttributes: ALL, ...input }));
  const all = await get({});
  t.match(all, {
    ETag: ETag?.replaceAll('"', ''),
    ObjectSize: 3,
    StorageClass: 'STANDARD',
    Checksum: { ChecksumSHA256: String, ChecksumType: 'FULL_OBJECT' },
    LastModified: Date,
  });
  t.equal(all.ObjectParts, undefined);
  const size = await get({ ObjectAttributes: ['ObjectSize'] });
  t.equal(size.ObjectSize, 3);
  t.equal(size.ETag, undefined);
  await t.rejects(get({ Key: 'nothing' }), { name: 'NoSuchKey' });
  const path = '/bucket/a/b';
  const query = { attributes: '' };
  t.match((await ask({ path, query })).body, 'InvalidArgument');
  t.match(
    (await ask({ path, query, headers: { 'x-amz-object-attributes': 'Colour' } })).body,
    'InvalidArgument',
  );
});

t.test('the parts of an object, page by page', async (t) => {
  const { client } = await serve(t);
  const bodies = [Buffer.alloc(5 * MIB), Buffer.alloc(5 * MIB), Buffer.from('end')];
  await uploadParts(client, AT, bodies, { ChecksumAlgorithm: 'SHA256' });
  const get = async (input: Partial<GetObjectAttributesCommandInput>) =>
    (await client.send(new GetObjectAttributesCommand({ ...AT, ObjectAttributes: ALL, ...input })))
      .ObjectParts;
  t.match(await get({}), {
    TotalPartsCount: 3,
    IsTruncated: false,
    Parts: [{ PartNumber: 1, Size: 5 * MIB, ChecksumSHA256: String }, {}, { PartNumber: 3, Size: 3 }],
  });
  t.match(await get({ MaxParts: 1, PartNumberMarker: '1' }), {
    TotalPartsCount: 3,
    IsTruncated: true,
    MaxParts: 1,
    PartNumberMarker: '1',
    NextPartNumberMarker: '2',
    Parts: [{ PartNumber: 2 }],
  });
});
