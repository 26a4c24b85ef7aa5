import {
  CopyObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type CopyObjectCommandInput,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { OTHER_KEY } from '../door.js';
import { serve } from '../serve.js';

const FROM = { Bucket: 'bucket', Key: 'from.txt' };
const TO = { Bucket: 'bucket', Key: 'to.jpg' };

async function setup(t: Parameters<typeof serve>[0]) {
  const serving = await serve(t);
  const { client } = serving;
  const { ETag } = await client.send(
    new PutObjectCommand({
      ...FROM,
      Body: 'content',
      Metadata: { one: '1' },
      CacheControl: 'no-cache',
      ContentType: 'text/plain',
      Tagging: 'a=1',
      StorageClass: 'GLACIER_IR',
      WebsiteRedirectLocation: '/x',
    }),
  );
  const copy = (input: Partial<CopyObjectCommandInput> = {}) =>
    client.send(new CopyObjectCommand({ ...TO, CopySource: 'bucket/from.txt', ...input }));
  const tags = async (at: object) =>
    (await client.send(new GetObjectTaggingCommand({ ...TO, ...at }))).TagSet ?? [];
  return { ...serving, ETag, copy, tags };
}

t.test('a copy is the object again, but for class and redirect', async (t) => {
  const { client, copy, tags, ETag } = await setup(t);
  const { CopyObjectResult } = await copy();
  t.match(CopyObjectResult, { ETag, LastModified: Date });
  const got = await client.send(new GetObjectCommand(TO));
  t.equal(await got.Body?.transformToString(), 'content');
  t.match(got, { Metadata: { one: '1' }, CacheControl: 'no-cache', ContentType: 'text/plain', ETag });
  t.equal(got.StorageClass, undefined);
  t.equal(got.WebsiteRedirectLocation, undefined);
  t.same(await tags({}), [{ Key: 'a', Value: '1' }]);
});

t.test('what is to be replaced is replaced, and only that', async (t) => {
  const { client, copy, tags } = await setup(t);
  await copy({
    MetadataDirective: 'REPLACE',
    Metadata: { two: '2' },
    ContentType: 'image/png',
    TaggingDirective: 'REPLACE',
    Tagging: 'b=2',
    StorageClass: 'STANDARD_IA',
  });
  const head = await client.send(new HeadObjectCommand(TO));
  t.match(head, { Metadata: { two: '2' }, ContentType: 'image/png', StorageClass: 'STANDARD_IA' });
  t.equal(head.CacheControl, undefined);
  t.same(await tags({}), [{ Key: 'b', Value: '2' }]);
  await copy({ Metadata: { ignored: 'x' } });
  t.same((await client.send(new HeadObjectCommand(TO))).Metadata, { one: '1' });
});

t.test('onto itself it must change something', async (t) => {
  const { client, copy } = await setup(t);
  await t.rejects(copy(FROM), { name: 'InvalidRequest' });
  await copy({ ...FROM, MetadataDirective: 'REPLACE', Metadata: { new: '1' } });
  const got = await client.send(new GetObjectCommand(FROM));
  t.same(got.Metadata, { new: '1' });
  t.equal(await got.Body?.transformToString(), 'content');
});

t.test('a checksum may be asked for', async (t) => {
  const { client, copy } = await setup(t);
  const { CopyObjectResult } = await copy({ ChecksumAlgorithm: 'SHA256' });
  t.ok(CopyObjectResult?.ChecksumSHA256);
  const head = await client.send(new HeadObjectCommand({ ...TO, ChecksumMode: 'ENABLED' }));
  t.equal(head.ChecksumSHA256, CopyObjectResult?.ChecksumSHA256);
});

t.test('conditions on the source and on the target', async (t) => {
  const { copy, ETag } = await setup(t);
  const failed = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } };
  await t.rejects(copy({ CopySourceIfMatch: 'ABCORZ' }), failed);
  await t.rejects(copy({ CopySourceIfNoneMatch: ETag }), failed);
  await t.rejects(copy({ CopySourceIfUnmodifiedSince: new Date(0) }), failed);
  await t.rejects(copy({ IfMatch: '*' }), { name: 'NoSuchKey' });
  await t.resolves(copy({ CopySourceIfMatch: ETag, IfNoneMatch: '*' }));
  await t.rejects(copy({ IfNoneMatch: '*' }), failed);
});

t.test('sources that are not there, or not one’s own', async (t) => {
  const { copy, clientOf, client } = await setup(t);
  await t.rejects(copy({ CopySource: 'bucket/none' }), { name: 'NoSuchKey' });
  await t.rejects(copy({ CopySource: 'nobody/from.txt' }), { name: 'NoSuchBucket' });
  await t.rejects(copy({ CopySource: `bucket/from.txt?versionId=${'v'.repeat(32)}` }), {
    name: 'NoSuchVersion',
  });
  await t.resolves(copy({ CopySource: 'bucket/from.txt?versionId=null' }));
  await t.rejects(copy({ ExpectedSourceBucketOwner: 'other-id' }), { name: 'AccessDenied' });
  await t.rejects(copy({ ACL: 'public-read' }), { name: 'AccessControlListNotSupported' });
  const other = clientOf(OTHER_KEY);
  const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
  await other.send(new CreateBucketCommand({ Bucket: 'theirs' }));
  await t.rejects(
    other.send(new CopyObjectCommand({ Bucket: 'theirs', Key: 'x', CopySource: 'bucket/from.txt' })),
    { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } },
  );
  await t.rejects(client.send(new CopyObjectCommand({ ...TO, CopySource: 'theirs/x' })), {
    name: 'AccessDenied',
  });
});

t.test('directives are words S3 knows', async (t) => {
  const { ask } = await setup(t);
  const answer = await ask({
    method: 'PUT',
    path: '/bucket/to',
    headers: { 'x-amz-copy-source': '/bucket/from.txt', 'x-amz-metadata-directive': 'MERGE' },
  });
  t.match(answer.body, '<ArgumentName>x-amz-metadata-directive</ArgumentName>');
});
