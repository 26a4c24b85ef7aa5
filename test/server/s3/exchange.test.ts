import t from 'tap';
import type { S3Request } from '../../../server/s3/operation.js';
import { OTHER, OTHER_KEY, ROOT, openDoor, operation } from './door.js';

/** What a handler of GetObject sees. */
async function seen<T>(
  t: Parameters<typeof openDoor>[0],
  look: (request: S3Request) => T,
  ask: Parameters<Awaited<ReturnType<typeof openDoor>>['ask']>[0],
): Promise<T> {
  const found: { value?: T } = {};
  const door = await openDoor(t, [
    operation('GetObject', (request) => {
      found.value = look(request);
      return { status: 200 };
    }),
  ]);
  const answer = await door.ask(ask);
  if (!('value' in found)) throw new Error(`not called: ${answer.body}`);
  return found.value as T;
}

t.test('names, headers and parameters arrive as text', async (t) => {
  const facts = await seen(
    t,
    (request) => [
      request.bucket,
      request.key,
      request.header('x-amz-meta-name'),
      request.header('nothing'),
      request.query('versionId'),
      request.query('nothing'),
      request.region,
      request.operation.name,
    ],
    { path: '/bucket/Grüße', headers: { 'x-amz-meta-name': 'plain' }, query: { versionId: '' } },
  );
  t.same(facts, ['bucket', 'Grüße', 'plain', undefined, '', undefined, 'us-east-1', 'GetObject']);
});

t.test('who asks; for nobody the owner of the bucket stands in', async (t) => {
  const who = (request: S3Request) => [request.identity.kind, request.account.id];
  t.same(await seen(t, who, { path: '/open/key', key: OTHER_KEY }), ['account', OTHER.id]);
  t.same(await seen(t, who, { path: '/open/key', key: 'nobody' }), ['anonymous', ROOT.id]);
});

t.test('a key that is too long is the client’s mistake', async (t) => {
  const door = await openDoor(t, [operation('GetObject', ({ key }) => ({ status: 200, body: key }))]);
  const answer = await door.ask({ path: `/bucket/${'k'.repeat(1025)}` });
  t.match(answer, { status: 400, body: /<Code>KeyTooLongError<\/Code>.*<Size>1025</ });
  t.equal((await door.ask({ path: `/bucket/${'k'.repeat(1024)}` })).status, 200);
});

t.test('what a service has not is a bug to ask for', async (t) => {
  const door = await openDoor(t, [
    operation('ListBuckets', ({ bucketInfo }) => ({ status: 200, body: bucketInfo.name })),
  ]);
  t.equal((await door.ask({ path: '/' })).status, 500);
  t.equal(door.bugs.length, 1);
});
