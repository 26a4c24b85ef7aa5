import { GetBucketLocationCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

t.test('us-east-1 goes without saying', async (t) => {
  const { ask } = await serve(t);
  const answer = await ask({ path: '/bucket', query: { location: '' } });
  t.match(answer.body, /<LocationConstraint xmlns="[^"]+"><\/LocationConstraint>$/);
});

t.test('every other region is said', async (t) => {
  const { client } = await serve(t, { region: 'eu-west-1' });
  const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket: 'bucket' }));
  t.equal(LocationConstraint, 'eu-west-1');
});
