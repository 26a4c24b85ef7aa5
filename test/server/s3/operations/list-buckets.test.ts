import { CreateBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OTHER_KEY } from '../door.js';
import { serve } from '../serve.js';

t.test('everybody sees their own buckets, by name', async (t) => {
  const { client, clientOf, directory } = await serve(t);
  mkdirSync(join(directory, 'attic'));
  mkdirSync(join(directory, 'Camera Roll'));
  writeFileSync(join(directory, 'file'), '');
  const other = clientOf(OTHER_KEY);
  await other.send(new CreateBucketCommand({ Bucket: 'theirs' }));
  const mine = await client.send(new ListBucketsCommand({}));
  t.same(
    mine.Buckets?.map(({ Name }) => Name),
    ['attic', 'bucket'],
  );
  t.match(mine.Owner, { ID: 'root-id', DisplayName: 'root' });
  t.match(mine.Buckets?.[0], {
    BucketRegion: 'us-east-1',
    BucketArn: 'arn:aws:s3:::attic',
    CreationDate: Date,
  });
  const theirs = await other.send(new ListBucketsCommand({}));
  t.same(
    theirs.Buckets?.map(({ Name }) => Name),
    ['theirs'],
  );
});

t.test('pages, prefixes and regions', async (t) => {
  const { client } = await serve(t);
  for (const Bucket of ['photos-1', 'photos-2', 'photos-3'])
    await client.send(new CreateBucketCommand({ Bucket }));
  const first = await client.send(new ListBucketsCommand({ MaxBuckets: 2, Prefix: 'photos-' }));
  t.same(
    first.Buckets?.map(({ Name }) => Name),
    ['photos-1', 'photos-2'],
  );
  t.equal(first.Prefix, 'photos-');
  const last = await client.send(
    new ListBucketsCommand({ MaxBuckets: 2, Prefix: 'photos-', ContinuationToken: first.ContinuationToken }),
  );
  t.same(
    last.Buckets?.map(({ Name }) => Name),
    ['photos-3'],
  );
  t.equal(last.ContinuationToken, undefined);
  const elsewhere = await client.send(new ListBucketsCommand({ BucketRegion: 'eu-west-1' }));
  t.same(elsewhere.Buckets ?? [], []);
  await t.rejects(client.send(new ListBucketsCommand({ MaxBuckets: 0 })), { name: 'InvalidArgument' });
  await t.rejects(client.send(new ListBucketsCommand({ MaxBuckets: 10_001 })), { name: 'InvalidArgument' });
  await t.rejects(client.send(new ListBucketsCommand({ ContinuationToken: 'x' })), {
    name: 'InvalidArgument',
  });
});
