import {
  CreateBucketCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  type CreateBucketCommandInput,
} from '@aws-sdk/client-s3';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OTHER_KEY } from '../door.js';
import { serve } from '../serve.js';

t.test('a bucket is a directory', async (t) => {
  const { client, directory } = await serve(t);
  const made = await client.send(new CreateBucketCommand({ Bucket: 'photos' }));
  t.match(made, { Location: '/photos', BucketArn: 'arn:aws:s3:::photos' });
  t.equal(existsSync(join(directory, 'photos')), true);
});

t.test('making one’s own again succeeds in the oldest region only, another’s nowhere', async (t) => {
  const { client, clientOf } = await serve(t);
  await t.resolves(client.send(new CreateBucketCommand({ Bucket: 'bucket' })));
  await t.rejects(clientOf(OTHER_KEY).send(new CreateBucketCommand({ Bucket: 'bucket' })), {
    name: 'BucketAlreadyExists',
    $metadata: { httpStatusCode: 409 },
  });
});

t.test('elsewhere it is owned by you already', async (t) => {
  const { clientOf } = await serve(t, { region: 'eu-west-1' });
  const other = clientOf(OTHER_KEY);
  const input: CreateBucketCommandInput = {
    Bucket: 'theirs',
    CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
  };
  await other.send(new CreateBucketCommand(input));
  await t.rejects(other.send(new CreateBucketCommand(input)), { name: 'BucketAlreadyOwnedByYou' });
  await t.rejects(
    other.send(
      new CreateBucketCommand({
        Bucket: 'far',
        CreateBucketConfiguration: { LocationConstraint: 'us-west-2' },
      }),
    ),
    { name: 'IllegalLocationConstraintException' },
  );
});

t.test('names S3 refuses are refused', async (t) => {
  const { ask } = await serve(t);
  for (const name of ['ab', 'Photos', 'a..b', 'a.-b', '192.168.0.1', 'xn--a', 'a-s3alias', '-ab']) {
    const answer = await ask({ method: 'PUT', path: `/${name}` });
    t.equal(answer.status, 400, name);
    t.match(answer.body, '<Code>InvalidBucketName</Code>');
  }
});

t.test('what is not there yet is refused by name', async (t) => {
  const { client } = await serve(t);
  const make = (input: Partial<CreateBucketCommandInput>) =>
    client.send(new CreateBucketCommand({ Bucket: 'photos', ...input }));
  await t.rejects(make({ ACL: 'public-read' }), { name: 'InvalidBucketAclWithObjectOwnership' });
  await t.rejects(make({ ObjectLockEnabledForBucket: true }), { name: 'NotImplemented' });
  await t.rejects(make({ ObjectOwnership: 'ObjectWriter' }), { name: 'NotImplemented' });
  await t.rejects(client.send(new HeadBucketCommand({ Bucket: 'photos' })), { name: 'NotFound' });
  await t.resolves(make({ ACL: 'private', ObjectOwnership: 'BucketOwnerEnforced' }));
});

t.test('tags may come with it; a body that is no configuration may not', async (t) => {
  const { client, ask } = await serve(t);
  const Tags = [{ Key: 'a', Value: '1' }];
  await client.send(new CreateBucketCommand({ Bucket: 'photos', CreateBucketConfiguration: { Tags } }));
  const { TagSet } = await client.send(new GetBucketTaggingCommand({ Bucket: 'photos' }));
  t.same(TagSet, Tags);
  const answer = await ask({ method: 'PUT', path: '/other', body: '<Configuration/>' });
  t.equal(answer.status, 400);
  t.match(answer.body, 'MalformedXML');
});
