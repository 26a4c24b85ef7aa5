import { AbortMultipartUploadCommand, ListPartsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';
import { createUpload } from './upload.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };

t.test('an upload that is aborted is gone', async (t) => {
  const { client } = await serve(t);
  const UploadId = await createUpload(client, AT);
  await client.send(new UploadPartCommand({ ...AT, UploadId, PartNumber: 1, Body: 'x' }));
  const abort = (input: object = {}) =>
    client.send(new AbortMultipartUploadCommand({ ...AT, UploadId, ...input }));
  await t.rejects(abort({ IfMatchInitiatedTime: new Date(0) }), { name: 'PreconditionFailed' });
  t.equal((await abort()).$metadata.httpStatusCode, 204);
  await t.rejects(abort(), { name: 'NoSuchUpload' });
  await t.rejects(client.send(new ListPartsCommand({ ...AT, UploadId })), { name: 'NoSuchUpload' });
  await t.rejects(abort({ UploadId: '56788' }), { name: 'NoSuchUpload' });
});
