import {
  GetBucketAclCommand,
  GetObjectAclCommand,
  PutBucketAclCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

const AT = { Bucket: 'bucket', Key: 'a' };
const OWNERS = {
  Owner: { ID: 'root-id', DisplayName: 'root' },
  Grants: [
    {
      Grantee: { ID: 'root-id', DisplayName: 'root', Type: 'CanonicalUser' as const },
      Permission: 'FULL_CONTROL' as const,
    },
  ],
};

t.test('the owner has full control, and nobody else anything', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  t.match(await client.send(new GetBucketAclCommand(AT)), OWNERS);
  t.match(await client.send(new GetObjectAclCommand(AT)), OWNERS);
  await t.rejects(client.send(new GetObjectAclCommand({ ...AT, Key: 'none' })), { name: 'NoSuchKey' });
});

t.test('saying so again changes nothing; saying otherwise is refused', async (t) => {
  const { client, ask } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  await t.resolves(client.send(new PutBucketAclCommand({ ...AT, ACL: 'private' })));
  await t.resolves(client.send(new PutObjectAclCommand({ ...AT, ACL: 'bucket-owner-full-control' })));
  await t.resolves(client.send(new PutObjectAclCommand({ ...AT, AccessControlPolicy: OWNERS })));
  const refused = { name: 'AccessControlListNotSupported', $metadata: { httpStatusCode: 400 } };
  await t.rejects(client.send(new PutBucketAclCommand({ ...AT, ACL: 'public-read' })), refused);
  await t.rejects(client.send(new PutObjectAclCommand({ ...AT, GrantRead: 'id=1' })), refused);
  const others = { ...OWNERS, Grants: [{ ...OWNERS.Grants[0], Permission: 'READ' as const }] };
  await t.rejects(client.send(new PutBucketAclCommand({ ...AT, AccessControlPolicy: others })), refused);
  const nothing = await ask({ method: 'PUT', path: '/bucket', query: { acl: '' } });
  t.match(nothing.body, 'MissingSecurityHeader');
});
