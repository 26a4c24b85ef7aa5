import { ListObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

const Bucket = 'bucket';

t.test('keys in the order of their bytes, with owner and facts', async (t) => {
  const { client } = await serve(t);
  const keys = ['a.b', 'a/b', 'é', '￿', '😀'];
  for (const Key of [...keys].reverse())
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'xyz' }));
  const page = await client.send(new ListObjectsCommand({ Bucket }));
  t.same(
    page.Contents?.map(({ Key }) => Key),
    keys,
  );
  t.match(page, { IsTruncated: false, Marker: '', MaxKeys: 1000, Name: Bucket, Prefix: '' });
  t.match(page.Contents?.[0], {
    Size: 3,
    ETag: '"d16fb36f0911f878998c136191af705e"',
    StorageClass: 'STANDARD',
    Owner: { ID: 'root-id', DisplayName: 'root' },
  });
});

t.test('a marker goes on behind it; the next is told only with a delimiter', async (t) => {
  const { client } = await serve(t);
  for (const Key of ['a', 'b/1', 'b/2', 'c'])
    await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
  const list = (input: object) => client.send(new ListObjectsCommand({ Bucket, ...input }));
  const plain = await list({ MaxKeys: 2 });
  t.match(plain, { IsTruncated: true, NextMarker: undefined, MaxKeys: 2 });
  const first = await list({ MaxKeys: 2, Delimiter: '/' });
  t.match(first, { NextMarker: 'b/', CommonPrefixes: [{ Prefix: 'b/' }], Contents: [{ Key: 'a' }] });
  const second = await list({ MaxKeys: 2, Delimiter: '/', Marker: first.NextMarker });
  t.match(second, { Marker: 'b/', IsTruncated: false, Contents: [{ Key: 'c' }] });
  t.equal(second.CommonPrefixes, undefined);
  t.match(await list({ MaxKeys: 0 }), { IsTruncated: false, Contents: undefined, MaxKeys: 0 });
});

t.test('names are encoded for those who ask', async (t) => {
  const { client } = await serve(t);
  for (const Key of ['foo+1/bar', 'quux ab/thud', 'asdf+b', 'line\nbreak'])
    await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }));
  const page = await client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', EncodingType: 'url' }));
  t.same(
    page.Contents?.map(({ Key }) => Key),
    ['asdf%2Bb', 'line%0Abreak'],
  );
  t.same(
    page.CommonPrefixes?.map(({ Prefix }) => Prefix),
    ['foo%2B1/', 'quux%20ab/'],
  );
  t.equal(page.EncodingType, 'url');
});

t.test('a page size that is none is refused', async (t) => {
  const { ask } = await serve(t);
  for (const text of ['-1', 'blah']) {
    const answer = await ask({ path: '/bucket', query: { 'max-keys': text } });
    t.equal(answer.status, 400);
    t.match(answer.body, '<ArgumentName>max-keys</ArgumentName>');
  }
});
