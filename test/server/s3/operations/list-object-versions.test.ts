import { ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

const Bucket = 'bucket';

t.test('every object has one version, null, the latest', async (t) => {
  const { client } = await serve(t);
  for (const Key of ['a', 'b/1', 'c']) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const list = (input: object) => client.send(new ListObjectVersionsCommand({ Bucket, ...input }));
  const all = await list({});
  t.match(all, {
    Versions: [{ Key: 'a', VersionId: 'null', IsLatest: true, Size: 1 }, { Key: 'b/1' }, { Key: 'c' }],
    DeleteMarkers: undefined,
    IsTruncated: false,
  });
  const first = await list({ MaxKeys: 1 });
  t.match(first, { IsTruncated: true, NextKeyMarker: 'a', NextVersionIdMarker: 'null' });
  const second = await list({ MaxKeys: 1, Delimiter: '/', KeyMarker: 'a', VersionIdMarker: 'null' });
  t.match(second, { CommonPrefixes: [{ Prefix: 'b/' }], Versions: undefined, NextKeyMarker: 'b/' });
  t.match(await list({ KeyMarker: 'b/', Delimiter: '/' }), { Versions: [{ Key: 'c' }] });
  await t.rejects(list({ VersionIdMarker: 'null' }), { name: 'InvalidArgument' });
});
