import t from 'tap';
import { openDoor, operation, send, textIn, KEY, OTHER_KEY } from './door.js';

const handler = () => ({ status: 200, body: 'ran' });
const operations = ['ListBuckets', 'ListObjectsV2', 'DeleteBucket', 'GetObject', 'CreateBucket'].map((name) =>
  operation(name, handler),
);

t.test(
  'the steps refuse in the order AWS does: target, operation, signature, row, bucket, owner, permission',
  async (t) => {
    const door = await openDoor(t, operations);
    const wrong = { ...KEY, secret: 'wrong' };
    const code = async (ask: Parameters<typeof door.ask>[0]) => textIn((await door.ask(ask)).body, 'Code');
    t.equal(
      textIn((await send(door.port, 'GET', '/%?acl&policy', { host: door.host })).body, 'Code'),
      'InvalidURI',
    );
    t.equal(await code({ path: '/missing', query: { acl: '', policy: '' }, key: wrong }), 'InvalidArgument');
    t.equal(await code({ path: '/missing', query: { acl: '' }, key: wrong }), 'SignatureDoesNotMatch');
    t.equal(await code({ path: '/missing', query: { acl: '' } }), 'NotImplemented');
    const headers = { 'x-amz-expected-bucket-owner': 'somebody' };
    t.equal(await code({ path: '/missing/key', headers, key: OTHER_KEY }), 'NoSuchBucket');
    t.equal(await code({ path: '/bucket/key', headers }), 'AccessDenied');
    t.equal(await code({ path: '/bucket/key', key: OTHER_KEY }), 'AccessDenied');
    t.equal((await door.ask({ path: '/bucket/key' })).body, 'ran');
  },
);

t.test('the service belongs to every account and to nobody else', async (t) => {
  const door = await openDoor(t, operations);
  t.equal((await door.ask({ path: '/', key: OTHER_KEY })).status, 200);
  t.equal((await door.ask({ path: '/', key: 'nobody' })).status, 403);
});

t.test('a sub-resource nobody knows never deletes a bucket', async (t) => {
  const door = await openDoor(t, operations);
  for (const name of ['policy', 'lifecycle', 'cors', 'futureThing', 'prefix']) {
    const answer = await door.ask({ method: 'DELETE', path: '/bucket', query: { [name]: '' } });
    t.equal(answer.status, 501, name);
  }
});
