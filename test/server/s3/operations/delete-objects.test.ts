import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import t from 'tap';
import { serve } from '../serve.js';

const Bucket = 'bucket';

t.test('many keys at once, there or not', async (t) => {
  const { client } = await serve(t);
  const keys = ['a', 'b/c', 'ü & <x>'];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const Objects = [...keys, 'nothing'].map((Key) => ({ Key }));
  const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  t.same(
    Deleted?.map(({ Key }) => Key),
    [...keys, 'nothing'],
  );
  t.equal(Errors, undefined);
  t.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
});

t.test('quiet says only what went wrong, and by which key', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'x' }));
  const Objects = [
    { Key: 'a' },
    { Key: 'b', ETag: '"other"' },
    { Key: 'k'.repeat(1025) },
    { Key: 'c', VersionId: 'x' },
    { Key: 'd', VersionId: 'v'.repeat(32) },
  ];
  const { Deleted, Errors } = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects } }),
  );
  t.equal(Deleted, undefined);
  t.match(Errors, [
    { Key: 'b', Code: 'PreconditionFailed' },
    { Key: 'k'.repeat(1025), Code: 'KeyTooLongError' },
    { Key: 'c', VersionId: 'x', Code: 'InvalidArgument' },
  ]);
  t.equal(Errors?.length, 3);
});

t.test('a list has 1 to 1000 keys, and is protected', async (t) => {
  const { client, ask } = await serve(t);
  const remove = (count: number) =>
    client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: Array.from({ length: count }, (_, at) => ({ Key: `key-${at}` })) },
      }),
    );
  await t.rejects(remove(1001), { name: 'MalformedXML', $metadata: { httpStatusCode: 400 } });
  await t.resolves(remove(1000));
  const send = (body: string, headers: Record<string, string>) =>
    ask({ method: 'POST', path: '/bucket', query: { delete: '' }, body, headers });
  const empty = '<Delete></Delete>';
  const one = '<Delete><Object><Key>a</Key></Object></Delete>';
  const md5 = (text: string) => ({ 'content-md5': createHash('md5').update(text).digest('base64') });
  t.match((await send(empty, md5(empty))).body, 'MalformedXML');
  t.match((await send(one, {})).body, 'InvalidRequest');
  t.match((await send(one, md5('other'))).body, 'BadDigest');
  t.match(await send(one, md5(one)), { status: 200 });
});
