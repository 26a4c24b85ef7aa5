import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';
import { createUpload } from './upload.js';

const AT = { Bucket: 'bucket', Key: 'to' };

t.test('a part is a piece of another object', async (t) => {
  const { client } = await serve(t);
  const { ETag } = await client.send(
    new PutObjectCommand({ Bucket: 'bucket', Key: ' ?x', Body: '0123456789' }),
  );
  const UploadId = await createUpload(client, AT);
  const copy = (input: object) =>
    client.send(
      new UploadPartCopyCommand({ ...AT, UploadId, PartNumber: 1, CopySource: 'bucket/%20%3Fx', ...input }),
    );
  const failed = { name: 'PreconditionFailed' };
  await t.rejects(copy({ CopySourceIfMatch: '"other"' }), failed);
  await t.rejects(copy({ CopySourceIfNoneMatch: ETag }), failed);
  for (const CopySourceRange of ['0-2', 'bytes=0', 'bytes=hello-world', 'bytes=0-bar', 'bytes=0-2,3-5']) {
    await t.rejects(copy({ CopySourceRange }), { name: 'InvalidArgument' }, CopySourceRange);
  }
  await t.rejects(copy({ CopySourceRange: 'bytes=0-21' }), { name: 'InvalidRange' });
  await t.rejects(copy({ CopySource: 'bucket/nothing' }), { name: 'NoSuchKey' });
  await t.rejects(copy({ CopySource: 'nobody/x' }), { name: 'NoSuchBucket' });
  const { CopyPartResult } = await copy({ CopySourceRange: 'bytes=2-4' });
  t.match(CopyPartResult, { ETag: /^"[0-9a-f]{32}"$/, LastModified: Date });
  await client.send(
    new CompleteMultipartUploadCommand({
      ...AT,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] },
    }),
  );
  const got = await client.send(new GetObjectCommand(AT));
  t.equal(await got.Body?.transformToString(), '234');
});
