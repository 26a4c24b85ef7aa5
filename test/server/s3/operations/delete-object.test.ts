import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serve } from '../serve.js';

const AT = { Bucket: 'bucket', Key: 'a/b' };

t.test('deleting succeeds, again and again', async (t) => {
  const { client, directory } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  for (let round = 0; round < 2; round++) {
    const gone = await client.send(new DeleteObjectCommand(AT));
    t.equal(gone.$metadata.httpStatusCode, 204);
    t.equal(gone.VersionId, undefined);
  }
  t.equal(existsSync(join(directory, 'bucket/a')), false, 'the directory made for it is gone as well');
});

t.test('the null version is the object, another is none', async (t) => {
  const { client } = await serve(t);
  await client.send(new PutObjectCommand({ ...AT, Body: 'x' }));
  await client.send(new DeleteObjectCommand({ ...AT, VersionId: 'v'.repeat(32) }));
  await t.resolves(client.send(new HeadObjectCommand(AT)));
  await t.rejects(client.send(new DeleteObjectCommand({ ...AT, VersionId: 'x' })), {
    name: 'InvalidArgument',
  });
  t.equal((await client.send(new DeleteObjectCommand({ ...AT, VersionId: 'null' }))).VersionId, 'null');
  await t.rejects(client.send(new HeadObjectCommand(AT)), { name: 'NotFound' });
});

t.test('conditions keep an object that is not the one meant', async (t) => {
  const { client } = await serve(t);
  const remove = (input: object) => client.send(new DeleteObjectCommand({ ...AT, ...input }));
  const { ETag } = await client.send(new PutObjectCommand({ ...AT, Body: 'xyz' }));
  const { LastModified } = await client.send(new HeadObjectCommand(AT));
  const failed = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } };
  await t.rejects(remove({ IfMatch: '"other"' }), failed);
  await t.rejects(remove({ IfMatchSize: 4 }), failed);
  await t.rejects(remove({ IfMatchLastModifiedTime: new Date(0) }), failed);
  await t.resolves(remove({ IfMatch: ETag, IfMatchSize: 3, IfMatchLastModifiedTime: LastModified }));
  await t.resolves(remove({ IfMatch: '"other"' }), 'what is not there is deleted already');
});
