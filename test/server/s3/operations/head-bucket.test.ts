import { HeadBucketCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

t.test('a bucket says where it is, a missing one nothing', async (t) => {
  const { client, ask } = await serve(t);
  const found = await client.send(new HeadBucketCommand({ Bucket: 'bucket' }));
  t.match(found, { BucketRegion: 'us-east-1', BucketArn: 'arn:aws:s3:::bucket', AccessPointAlias: false });
  const missing = await ask({ method: 'HEAD', path: '/nobody' });
  t.match(missing, { status: 404, body: '' });
});
