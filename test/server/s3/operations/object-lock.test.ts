import {
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

t.test('a bucket without object lock keeps nothing from being deleted, and says so', async (t) => {
  const { client } = await serve(t);
  const at = { Bucket: 'bucket', Key: 'a' };
  await client.send(new PutObjectCommand({ ...at, Body: 'x' }));
  const refused = { name: 'InvalidRequest', $metadata: { httpStatusCode: 400 } };
  await t.rejects(client.send(new GetObjectRetentionCommand(at)), refused);
  await t.rejects(client.send(new GetObjectLegalHoldCommand(at)), refused);
  const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: new Date(Date.UTC(2030, 0)) } as const;
  await t.rejects(client.send(new PutObjectRetentionCommand({ ...at, Retention })), refused);
  await t.rejects(
    client.send(
      new PutObjectLockConfigurationCommand({
        ...at,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
      }),
    ),
    { name: 'InvalidBucketState', $metadata: { httpStatusCode: 409 } },
  );
});
