import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';
import { createUpload } from './upload.js';

const Bucket = 'bucket';

t.test('uploads by key, then by when they began', async (t) => {
  const { client } = await serve(t);
  const ids: string[] = [];
  for (const Key of ['b', 'a/1', 'b', 'a/2']) ids.push(await createUpload(client, { Bucket, Key }));
  const list = (input: object = {}) => client.send(new ListMultipartUploadsCommand({ Bucket, ...input }));
  const all = await list();
  t.same(
    all.Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
    [
      ['a/1', ids[1]],
      ['a/2', ids[3]],
      ['b', ids[0]],
      ['b', ids[2]],
    ],
  );
  t.match(all.Uploads?.[0], {
    Initiator: { ID: 'root-id' },
    Owner: { DisplayName: 'root' },
    StorageClass: 'STANDARD',
  });
  t.match(await list({ Prefix: 'b' }), { Uploads: [{ Key: 'b' }, { Key: 'b' }], Prefix: 'b' });
  t.match(await list({ Delimiter: '/' }), {
    CommonPrefixes: [{ Prefix: 'a/' }],
    Uploads: [{ Key: 'b' }, { Key: 'b' }],
  });
  const first = await list({ MaxUploads: 3 });
  t.match(first, { IsTruncated: true, NextKeyMarker: 'b', NextUploadIdMarker: ids[0], MaxUploads: 3 });
  const second = await list({ KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker });
  t.match(second, { IsTruncated: false, Uploads: [{ UploadId: ids[2] }] });
  await t.rejects(list({ KeyMarker: 'b', UploadIdMarker: 'x' }), { name: 'InvalidArgument' });
});
