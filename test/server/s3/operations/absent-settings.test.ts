import {
  DeleteBucketLifecycleCommand,
  GetBucketCorsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { MODEL } from '../../../../server/s3/rows.js';
import { absentSettings } from '../../../../server/s3/operations/absent-settings.js';
import { serve } from '../serve.js';

const Bucket = 'bucket';

t.test('what no bucket has is absent in its own words', async (t) => {
  const { client } = await serve(t);
  await t.rejects(client.send(new GetBucketPolicyCommand({ Bucket })), {
    name: 'NoSuchBucketPolicy',
    $metadata: { httpStatusCode: 404 },
  });
  await t.rejects(client.send(new GetBucketCorsCommand({ Bucket })), { name: 'NoSuchCORSConfiguration' });
  await t.rejects(client.send(new GetPublicAccessBlockCommand({ Bucket })), {
    name: 'NoSuchPublicAccessBlockConfiguration',
  });
  t.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
  t.equal((await client.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, 'BucketOwner');
  const gone = await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  t.equal(gone.$metadata.httpStatusCode, 204);
  await t.rejects(client.send(new GetBucketPolicyCommand({ Bucket: 'nobody' })), { name: 'NoSuchBucket' });
});

t.test('making one is refused by name', async (t) => {
  const { client } = await serve(t);
  const refused = { name: 'NotImplemented', $metadata: { httpStatusCode: 501 } };
  await t.rejects(client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })), refused);
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await t.rejects(client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration })), refused);
});

t.test('each is an operation of S3 that reads or deletes', async (t) => {
  for (const { name } of absentSettings) {
    const row = MODEL.find((one) => one.name === name);
    t.ok(row?.method === 'GET' || row?.method === 'DELETE', name);
  }
});
