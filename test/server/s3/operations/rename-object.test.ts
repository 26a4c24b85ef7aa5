import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RenameObjectCommand,
} from '@aws-sdk/client-s3';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serve } from '../serve.js';

const Bucket = 'bucket';

t.test('an object moves with everything it has', async (t) => {
  const { client, directory } = await serve(t);
  const { ETag } = await client.send(
    new PutObjectCommand({ Bucket, Key: 'old/a b', Body: 'x', Metadata: { one: '1' } }),
  );
  await client.send(new RenameObjectCommand({ Bucket, Key: 'new/c', RenameSource: '/bucket/old/a%20b' }));
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'new/c' }));
  t.match(got, { ETag, Metadata: { one: '1' } });
  t.equal(await got.Body?.transformToString(), 'x');
  t.equal(existsSync(join(directory, 'bucket/old')), false);
  await t.rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'old/a b' })), { name: 'NotFound' });
});

t.test('conditions on both ends', async (t) => {
  const { client } = await serve(t);
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const rename = (input: object) =>
    client.send(new RenameObjectCommand({ Bucket, Key: 'b', RenameSource: 'bucket/a', ...input }));
  const a = await put('a');
  const b = await put('b');
  const failed = { name: 'PreconditionFailed' };
  await t.rejects(rename({ DestinationIfNoneMatch: '*' }), failed);
  await t.rejects(rename({ DestinationIfMatch: a.ETag }), failed);
  await t.rejects(rename({ SourceIfMatch: b.ETag }), failed);
  await t.rejects(rename({ SourceIfNoneMatch: a.ETag }), failed);
  await t.rejects(rename({ SourceIfUnmodifiedSince: new Date(0) }), failed);
  await t.rejects(rename({ Key: 'c', DestinationIfMatch: '*' }), { name: 'NoSuchKey' });
  await t.rejects(rename({ RenameSource: 'bucket/none' }), { name: 'NoSuchKey' });
  await t.rejects(rename({ RenameSource: 'other/a' }), { name: 'InvalidArgument' });
  await t.resolves(rename({ DestinationIfMatch: b.ETag, SourceIfMatch: a.ETag }));
});

t.test('a client token makes a repeat succeed', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  const rename = (input: object = {}) =>
    client.send(
      new RenameObjectCommand({ Bucket, Key: 'b', RenameSource: 'bucket/a', ClientToken: 'token', ...input }),
    );
  await rename();
  await t.resolves(rename());
  await t.rejects(rename({ Key: 'c' }), { name: 'IdempotencyParameterMismatch' });
  await t.rejects(rename({ ClientToken: 'other' }), { name: 'NoSuchKey' });
});
