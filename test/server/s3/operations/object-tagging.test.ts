import {
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };

t.test('tags come with the object, change and go', async (t) => {
  const { client } = await serve(t);
  const tags = async () => (await client.send(new GetObjectTaggingCommand(AT))).TagSet;
  await client.send(new PutObjectCommand({ ...AT, Body: 'x', Tagging: 'foo=bar&bar' }));
  t.same(await tags(), [
    { Key: 'bar', Value: '' },
    { Key: 'foo', Value: 'bar' },
  ]);
  t.equal((await client.send(new HeadObjectCommand(AT))).TagCount, 2);
  const TagSet = [{ Key: 'a <&>'.replace(/[<&>]/g, '+'), Value: 'ü' }];
  await client.send(new PutObjectTaggingCommand({ ...AT, Tagging: { TagSet } }));
  t.same(await tags(), TagSet);
  const before = await client.send(new HeadObjectCommand(AT));
  await client.send(new DeleteObjectTaggingCommand(AT));
  t.same((await tags()) ?? [], []);
  t.equal((await client.send(new HeadObjectCommand(AT))).ETag, before.ETag, 'the content is the same');
});

t.test('too many tags leave the object as it was', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  const TagSet = Array.from({ length: 11 }, (_, at) => ({ Key: `k${at}`, Value: 'v' }));
  await t.rejects(client.send(new PutObjectTaggingCommand({ ...AT, Tagging: { TagSet } })), {
    name: 'InvalidTag',
  });
  t.same((await client.send(new GetObjectTaggingCommand(AT))).TagSet ?? [], []);
});

t.test('what is not there has no tags', async (t) => {
  const { client } = await serve(t);
  await t.rejects(client.send(new GetObjectTaggingCommand(AT)), { name: 'NoSuchKey' });
  await t.rejects(client.send(new PutObjectTaggingCommand({ ...AT, Tagging: { TagSet: [] } })), {
    name: 'NoSuchKey',
  });
  await t.rejects(client.send(new GetObjectTaggingCommand({ ...AT, VersionId: 'x'.repeat(32) })), {
    name: 'NoSuchVersion',
  });
});
