import t from 'tap';
import { presign, signHeaders } from '../../../../server/s3/auth/sign.js';
import { EMPTY_SHA256 } from '../../../../server/s3/auth/signing-key.js';
import { KEY, credentialsOf } from '../door.js';

const base = {
  host: 'examplebucket.s3.amazonaws.com',
  credentials: credentialsOf(KEY),
  region: 'us-east-1',
  time: Date.UTC(2013, 4, 24),
};

t.test('GET, PUT and sub-resources as in the AWS documentation', async (t) => {
  t.equal(
    signHeaders({
      ...base,
      method: 'GET',
      path: '/test.txt',
      headers: { Range: 'bytes=0-9' },
      payloadHash: EMPTY_SHA256,
    }).signature,
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
  t.equal(
    signHeaders({
      ...base,
      method: 'PUT',
      path: '/test$file.text',
      headers: { Date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      payloadHash: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    }).signature,
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  );
  const lifecycle = signHeaders({
    ...base,
    method: 'GET',
    path: '/',
    query: { lifecycle: '' },
    payloadHash: EMPTY_SHA256,
  });
  t.equal(lifecycle.signature, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543');
  t.equal(lifecycle.target, '/?lifecycle=');
  t.equal(
    signHeaders({
      ...base,
      method: 'GET',
      path: '/',
      query: { 'max-keys': '2', prefix: 'J' },
      payloadHash: EMPTY_SHA256,
    }).signature,
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
});

t.test('a presigned URL as in the AWS documentation', async (t) => {
  t.equal(
    presign({ ...base, method: 'GET', path: '/test.txt', expires: 86400 }),
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  );
});
