import { ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

const Bucket = 'bucket';

t.test('pages follow each other through all there is', async (t) => {
  const { client } = await serve(t);
  const keys = Array.from(
    { length: 25 },
    (_, at) => `dir-${at % 3}/file ${String(at).padStart(2, '0')}`,
  ).sort();
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
  const found: string[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 7 }, { Bucket })) {
    t.equal(page.KeyCount, page.Contents?.length);
    found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
  }
  t.same(found, keys);
});

t.test('a token goes before start-after, and both are told', async (t) => {
  const { client } = await serve(t);
  for (const Key of ['bar', 'baz', 'foo', 'quxx'])
    await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
  const list = (input: object) => client.send(new ListObjectsV2Command({ Bucket, ...input }));
  const first = await list({ StartAfter: 'bar', MaxKeys: 1 });
  t.match(first, { StartAfter: 'bar', Contents: [{ Key: 'baz' }], IsTruncated: true, KeyCount: 1 });
  const second = await list({ StartAfter: 'quxx', ContinuationToken: first.NextContinuationToken });
  t.match(second, {
    ContinuationToken: first.NextContinuationToken,
    Contents: [{ Key: 'foo' }, { Key: 'quxx' }],
  });
  t.equal(second.NextContinuationToken, undefined);
  await t.rejects(list({ ContinuationToken: 'bar' }), { name: 'InvalidArgument' });
  t.match(await list({ ContinuationToken: '' }), { ContinuationToken: '', KeyCount: 4 });
});

t.test('the owner comes when fetched; prefixes count', async (t) => {
  const { client } = await serve(t);
  for (const Key of ['a', 'b/1', 'b/2']) await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
  const list = (input: object) => client.send(new ListObjectsV2Command({ Bucket, ...input }));
  t.equal((await list({})).Contents?.[0]?.Owner, undefined);
  t.match((await list({ FetchOwner: true })).Contents?.[0]?.Owner, { ID: 'root-id' });
  t.match(await list({ Delimiter: '/' }), {
    KeyCount: 2,
    CommonPrefixes: [{ Prefix: 'b/' }],
    Delimiter: '/',
  });
  t.match(await list({ Prefix: 'b/', Delimiter: '/' }), {
    KeyCount: 2,
    Prefix: 'b/',
    CommonPrefixes: undefined,
  });
  t.match(await list({ MaxKeys: 0 }), { KeyCount: 0, IsTruncated: false });
});
