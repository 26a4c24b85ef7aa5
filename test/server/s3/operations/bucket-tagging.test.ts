import {
  DeleteBucketTaggingCommand,
  GetBucketTaggingCommand,
  PutBucketTaggingCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { serve } from '../serve.js';

t.test('tags of a bucket are kept until they are deleted', async (t) => {
  const { client } = await serve(t);
  const Bucket = 'bucket';
  const get = () => client.send(new GetBucketTaggingCommand({ Bucket }));
  await t.rejects(get(), { name: 'NoSuchTagSet', $metadata: { httpStatusCode: 404 } });
  const TagSet = [
    { Key: 'Hello', Value: 'World' },
    { Key: 'ü', Value: '' },
  ];
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  t.same((await get()).TagSet, TagSet);
  const gone = await client.send(new DeleteBucketTaggingCommand({ Bucket }));
  t.equal(gone.$metadata.httpStatusCode, 204);
  await t.rejects(get(), { name: 'NoSuchTagSet' });
});

t.test('a document without Content-MD5 or checksum is refused', async (t) => {
  const { ask } = await serve(t);
  const answer = await ask({
    method: 'PUT',
    path: '/bucket',
    query: { tagging: '' },
    body: '<Tagging><TagSet/></Tagging>',
  });
  t.equal(answer.status, 400);
  t.match(answer.body, 'Missing required header for this request');
});
