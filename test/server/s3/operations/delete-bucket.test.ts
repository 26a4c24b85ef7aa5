import { DeleteBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serve } from '../serve.js';

t.test('a bucket goes when it is empty, and only then', async (t) => {
  const { client, directory } = await serve(t);
  const Bucket = 'bucket';
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'x' }));
  await t.rejects(client.send(new DeleteBucketCommand({ Bucket })), {
    name: 'BucketNotEmpty',
    $metadata: { httpStatusCode: 409 },
  });
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/b' }));
  const gone = await client.send(new DeleteBucketCommand({ Bucket }));
  t.equal(gone.$metadata.httpStatusCode, 204);
  t.equal(existsSync(join(directory, 'bucket')), false);
  await t.rejects(client.send(new DeleteBucketCommand({ Bucket })), { name: 'NoSuchBucket' });
});
