import t from 'tap';
import { StoreError } from '../../../lib/errors.js';
import { presign } from '../../../server/s3/auth/sign.js';
import type { AccessEntry } from '../../../server/s3/access-entry.js';
import { KEY, OTHER_KEY, STORE, credentialsOf, openDoor, operation, send, textIn } from './door.js';

const hello = operation('GetObject', ({ key }) => ({
  status: 200,
  headers: { ETag: '"e"' },
  body: `hello ${key}`,
}));
const missing = operation('GetObject', () => {
  throw new StoreError('NoSuchKey', 'nothing there');
});
const list = operation('ListObjectsV2', () => ({ status: 200, body: 'list' }));

t.test('a signed request gets its answer, with the headers every answer has', async (t) => {
  const door = await openDoor(t, [hello]);
  const answer = await door.ask({ path: '/bucket/a b/ü' });
  t.equal(answer.status, 200);
  t.equal(answer.body, 'hello a b/ü');
  t.match(answer.headers, {
    'x-amz-request-id': /^[0-9A-F]{16}$/,
    'x-amz-id-2': /^[A-Za-z0-9+/]{64}$/,
    date: / GMT$/,
    server: 'AmazonS3',
    'content-length': String(Buffer.byteLength('hello a b/ü')),
    etag: '"e"',
  });
});

t.test('an error tells the ids of its headers, and names the resource', async (t) => {
  const door = await openDoor(t, [missing]);
  const answer = await door.ask({ path: '/bucket/<key>' });
  t.equal(answer.status, 404);
  t.equal(answer.headers['content-type'], 'application/xml');
  t.equal(textIn(answer.body, 'Code'), 'NoSuchKey');
  t.equal(textIn(answer.body, 'Resource'), '/bucket/&lt;key&gt;');
  t.equal(textIn(answer.body, 'Key'), '&lt;key&gt;');
  t.equal(textIn(answer.body, 'RequestId'), answer.headers['x-amz-request-id']);
  t.equal(textIn(answer.body, 'HostId'), answer.headers['x-amz-id-2']);
});

t.test('HEAD answers as GET without a body', async (t) => {
  const door = await openDoor(t, [
    operation('HeadObject', () => ({ status: 200, headers: { 'Content-Length': 5 } })),
    operation('HeadBucket', () => {
      throw new StoreError('Busy', 'x');
    }),
  ]);
  const found = await door.ask({ method: 'HEAD', path: '/bucket/key' });
  t.equal(found.headers['content-length'], '5');
  t.equal(found.body, '');
  const refused = await door.ask({ method: 'HEAD', path: '/bucket' });
  t.equal(refused.status, 503);
  t.equal(refused.body, '');
});

t.test('what has no handler is refused by its name, after the question who asks', async (t) => {
  const door = await openDoor(t, [hello]);
  const answer = await door.ask({ path: '/bucket', query: { policy: '' } });
  t.equal(answer.status, 501);
  t.match(textIn(answer.body, 'Message'), /GetBucketPolicy/);
  const stranger = await door.ask({
    path: '/bucket',
    query: { policy: '' },
    key: { ...KEY, secret: 'wrong' },
  });
  t.equal(stranger.status, 403);
});

t.test('a bucket that is not there, under a legal name or not', async (t) => {
  const door = await openDoor(t, [hello, list]);
  for (const path of ['/missing/key', '/$extremelyunlikelytoexist$/', '/Upper/key', '/a/key']) {
    const answer = await door.ask({ path, query: path.endsWith('/') ? { 'list-type': '2' } : {} });
    t.equal(answer.status, 404, path);
    t.equal(textIn(answer.body, 'Code'), 'NoSuchBucket', path);
  }
});

t.test('CreateBucket is told its name is wrong, and runs while there is none', async (t) => {
  const door = await openDoor(t, [
    operation('CreateBucket', ({ bucket, account }) => ({ status: 200, body: `${bucket} of ${account.id}` })),
  ]);
  t.equal(
    (await door.ask({ method: 'PUT', path: '/new-bucket', key: OTHER_KEY })).body,
    'new-bucket of other-id',
  );
  t.equal(textIn((await door.ask({ method: 'PUT', path: '/No' })).body, 'Code'), 'InvalidBucketName');
  t.equal((await door.ask({ method: 'PUT', path: '/new-bucket', key: 'nobody' })).status, 403);
});

t.test('only its owner may use a bucket', async (t) => {
  const door = await openDoor(t, [hello, list]);
  t.equal((await door.ask({ path: '/bucket/key', key: OTHER_KEY })).status, 403);
  t.equal((await door.ask({ path: '/bucket/key', key: 'nobody' })).status, 403);
  t.equal((await door.ask({ path: '/missing/key', key: 'nobody' })).status, 404);
});

t.test('a bucket opened by --public-read gives its objects to anybody, and nothing else', async (t) => {
  const door = await openDoor(t, [hello, list, operation('PutObject', () => ({ status: 200 }))]);
  t.equal((await door.ask({ path: '/open/key', key: 'nobody' })).body, 'hello key');
  t.equal((await door.ask({ path: '/open/key', key: OTHER_KEY })).status, 200);
  t.equal((await door.ask({ path: '/open', query: { 'list-type': '2' }, key: 'nobody' })).status, 403);
  t.equal((await send(door.port, 'PUT', '/open/key', { host: door.host }, 'x')).status, 403);
});

t.test('who may not list is not told that a key is missing', async (t) => {
  const door = await openDoor(t, [missing]);
  t.equal((await door.ask({ path: '/open/key', key: 'nobody' })).status, 403);
  t.equal((await door.ask({ path: '/open/key' })).status, 404);
});

t.test('x-amz-expected-bucket-owner is held to', async (t) => {
  const door = await openDoor(t, [hello]);
  const headers = { 'x-amz-expected-bucket-owner': 'root-id' };
  t.equal((await door.ask({ path: '/bucket/key', headers })).status, 200);
  t.equal(
    (await door.ask({ path: '/bucket/key', headers: { 'x-amz-expected-bucket-owner': 'other-id' } })).status,
    403,
  );
});

t.test('a presigned URL needs nothing but itself', async (t) => {
  const door = await openDoor(t, [hello]);
  const target = presign({
    method: 'GET',
    host: door.host,
    path: '/bucket/a key',
    query: { 'response-content-type': 'text/plain' },
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
    expires: 60,
  });
  t.equal((await send(door.port, 'GET', target, { host: door.host })).body, 'hello a key');
});

t.test('a presigned request may carry headers in its query, but no stale checksum', async (t) => {
  const door = await openDoor(t, [
    operation('PutObject', (request) => ({
      status: 200,
      body: JSON.stringify([
        request.header('x-amz-storage-class'),
        request.header('x-amz-checksum-crc32'),
        [...request.headersStartingWith('x-amz-meta-')],
      ]),
    })),
  ]);
  const target = presign({
    method: 'PUT',
    host: door.host,
    path: '/bucket/key',
    query: { 'x-amz-storage-class': 'STANDARD_IA', 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-meta-a': 'b' },
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
    expires: 60,
  });
  t.same(JSON.parse((await send(door.port, 'PUT', target, { host: door.host }, '')).body), [
    'STANDARD_IA',
    null,
    [['x-amz-meta-a', 'b']],
  ]);
});

t.test('virtual hosts are signed over the path they send', async (t) => {
  const door = await openDoor(t, [hello], { domains: ['example.org'] });
  const target = presign({
    method: 'GET',
    host: 'bucket.example.org',
    path: '/a//b',
    credentials: credentialsOf(KEY),
    region: 'us-east-1',
    time: Date.now(),
    expires: 60,
  });
  t.equal((await send(door.port, 'GET', target, { host: 'bucket.example.org' })).body, 'hello a//b');
});

t.test('a handler can ask about a second bucket', async (t) => {
  const door = await openDoor(t, [
    operation('CopyObject', async (request) => {
      request.authorize('s3:GetObject', { ...request.bucketInfo, settings: { owner: 'other-id' } });
      return { status: 200 };
    }),
  ]);
  const answer = await door.ask({
    method: 'PUT',
    path: '/bucket/key',
    headers: { 'x-amz-copy-source': '/x/y' },
  });
  t.equal(answer.status, 403);
});

t.test('a bug is an internal error to the client and a report to the operator', async (t) => {
  const door = await openDoor(t, [
    operation('GetObject', () => {
      throw new TypeError('secret path /srv');
    }),
  ]);
  const answer = await door.ask({ path: '/bucket/key' });
  t.equal(answer.status, 500);
  t.notMatch(answer.body, /secret/);
  t.match(door.bugs, [TypeError]);
});

t.test('metadata beyond ASCII goes out as encoded words, a header cannot be split', async (t) => {
  const door = await openDoor(t, [
    operation('GetObject', () => ({
      status: 200,
      headers: { 'x-amz-meta-a': 'ü', 'x-amz-meta-b': 'a\r\nb: c' },
    })),
  ]);
  const { headers } = await door.ask({ path: '/bucket/key' });
  t.equal(headers['x-amz-meta-a'], '=?UTF-8?B?w7w=?=');
  t.equal(headers['b'], undefined);
});

t.test('a body that fails half way cuts the connection, and is closed', async (t) => {
  let closed = 0;
  const broken = (fail: boolean) =>
    operation('GetObject', () => ({
      status: 200,
      body: {
        length: 10,
        async send(write: (block: Uint8Array) => void | Promise<void>) {
          await write(Buffer.from('hello'));
          if (fail) throw new StoreError('ContentChanged', 'x');
        },
        close: () => void (closed += 1),
      },
    }));
  for (const fail of [true, false]) {
    const door = await openDoor(t, [broken(fail)]);
    await t.rejects(door.ask({ path: '/bucket/key' }));
  }
  t.equal(closed, 2);
});

t.test('the access log is told the facts of each request, once', async (t) => {
  const entries: AccessEntry[] = [];
  const door = await openDoor(t, [hello], { log: (entry) => entries.push(entry) });
  await door.ask({ path: '/bucket/key' });
  await door.ask({ path: '/missing/key', key: 'nobody' });
  await send(door.port, 'GET', '/%', { host: door.host });
  t.match(entries, [
    {
      operation: 'GetObject',
      bucket: 'bucket',
      key: 'key',
      account: 'root-id',
      accessKeyId: KEY.id,
      status: 200,
      code: undefined,
      sent: 9,
    },
    { operation: 'GetObject', bucket: 'missing', account: undefined, status: 404, code: 'NoSuchBucket' },
    { operation: undefined, bucket: undefined, status: 400, code: 'InvalidURI', target: '/%' },
  ]);
  t.equal(entries.length, 3);
});

t.test('a store that answers later is waited for', async (t) => {
  const store = { ...STORE, bucket: async (name: Parameters<typeof STORE.bucket>[0]) => STORE.bucket(name) };
  const door = await openDoor(t, [hello], { store });
  t.equal((await door.ask({ path: '/bucket/key' })).body, 'hello key');
  t.equal((await door.ask({ path: '/missing/key' })).status, 404);
});

t.test('a client that signed for another region learns the right one, on HEAD as well', async (t) => {
  const door = await openDoor(t, [hello]);
  const answer = await door.ask({ path: '/bucket/key', region: 'eu-west-1' });
  t.equal(answer.status, 400);
  t.equal(textIn(answer.body, 'Region'), 'us-east-1');
  const head = await door.ask({ method: 'HEAD', path: '/bucket', region: 'eu-west-1' });
  t.equal(head.headers['x-amz-bucket-region'], 'us-east-1');
});
