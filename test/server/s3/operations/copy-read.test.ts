import { CopyObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { OTHER_KEY } from '../door.js';
import { serve } from '../serve.js';

t.test('who may read a public source may copy it, and learns nothing of what is missing', async (t) => {
  const { client, clientOf } = await serve(t, { door: { publicRead: new Set(['bucket']) } });
  await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a', Body: 'x' }));
  const other = clientOf(OTHER_KEY);
  const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
  await other.send(new CreateBucketCommand({ Bucket: 'theirs' }));
  const copy = (CopySource: string) =>
    other.send(new CopyObjectCommand({ Bucket: 'theirs', Key: 'b', CopySource }));
  await t.resolves(copy('bucket/a'));
  await t.rejects(copy('bucket/none'), { name: 'AccessDenied' });
});
