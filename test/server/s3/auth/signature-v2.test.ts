import t from 'tap';
import { RequestHeaders } from '../../../../server/http/request-headers.js';
import {
  signV2,
  stringToSign,
  verifyHeaderV2,
  verifyQueryV2,
  type SignedRequestV2,
} from '../../../../server/s3/auth/signature-v2.js';
import { SigningKeys } from '../../../../server/s3/auth/signing-key.js';
import { parseTarget } from '../../../../server/s3/target.js';
import { ACCOUNTS, KEY } from '../door.js';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

function request(
  method: string,
  target: string,
  headers: Record<string, string>,
  virtualBucket?: string,
): SignedRequestV2 {
  const rawHeaders = Object.entries(headers).flat();
  const { path, query } = parseTarget(target, undefined, []);
  return { method, path, query, headers: new RequestHeaders({ headers, rawHeaders }), virtualBucket };
}

t.test('the examples of the AWS documentation', async (t) => {
  const date = 'Tue, 27 Mar 2007 19:36:42 +0000';
  const get = request('GET', '/photos/puppy.jpg', { date }, 'awsexamplebucket1');
  t.equal(stringToSign(get, date), `GET\n\n\n${date}\n/awsexamplebucket1/photos/puppy.jpg`);

  const upload = request(
    'PUT',
    '/db-backup.dat.gz',
    {
      'content-md5': '4gJE4saaMU4BqNR0kLY+lw==',
      'content-type': 'application/x-download',
      'x-amz-acl': 'public-read',
      'x-amz-meta-reviewedby': 'joe@johnsmith.net,jane@johnsmith.net',
      'x-amz-meta-filechecksum': '0x02661779',
    },
    'static.johnsmith.net',
  );
  t.equal(
    stringToSign(upload, date),
    `PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\n${date}\nx-amz-acl:public-read\nx-amz-meta-filechecksum:0x02661779\nx-amz-meta-reviewedby:joe@johnsmith.net,jane@johnsmith.net\n/static.johnsmith.net/db-backup.dat.gz`,
  );
  const acl = request('GET', '/?acl&prefix=x', { date }, 'awsexamplebucket1');
  t.equal(stringToSign(acl, date), `GET\n\n\n${date}\n/awsexamplebucket1/?acl`);
  const overridden = request('GET', '/b/k?response-content-type=a%20b&uploadId=u', {});
  t.equal(stringToSign(overridden, '1'), 'GET\n\n\n1\n/b/k?response-content-type=a b&uploadId=u');
});

const now = Date.UTC(2026, 0, 31, 12);
const verifier = { accounts: ACCOUNTS, region: 'us-east-1', keys: new SigningKeys(), now };
const date = new Date(now).toUTCString();

function header(headers: Record<string, string>, secret = SECRET, target = '/bucket/key') {
  const asked = request('GET', target, headers);
  const signature = signV2(
    secret,
    stringToSign(asked, 'x-amz-date' in headers ? '' : (headers['date'] ?? '')),
  );
  return verifyHeaderV2(asked, `AWS ${KEY.id}:${signature}`, verifier);
}

t.test('a signed header is verified, with Date or x-amz-date', async (t) => {
  t.equal(header({ date }), KEY);
  t.equal(header({ 'x-amz-date': date }), KEY);
});

t.test('wrong secrets and dates', async (t) => {
  t.throws(() => header({ date }, 'wrong'), { code: 'SignatureDoesNotMatch' });
  t.throws(() => header({}), { code: 'AccessDenied' });
  t.throws(() => header({ 'x-amz-date': 'Bad Date' }), { code: 'AccessDenied' });
  t.throws(() => header({ 'x-amz-date': 'Tue, 07 Jul 1950 21:53:04 GMT' }), { code: 'AccessDenied' });
  t.throws(() => header({ 'x-amz-date': 'Tue, 07 Jul 2010 21:53:04 GMT' }), { code: 'RequestTimeTooSkewed' });
  t.throws(() => verifyHeaderV2(request('GET', '/', { date }), 'AWS HAHAHA', verifier), {
    code: 'InvalidArgument',
  });
  t.throws(() => verifyHeaderV2(request('GET', '/', { date }), 'AWS nobody:x', verifier), {
    code: 'InvalidAccessKeyId',
  });
});

t.test('a presigned query is verified until it expires', async (t) => {
  const ask = (expires: string, secret = SECRET) => {
    const signature = signV2(secret, stringToSign(request('GET', '/bucket/key', {}), expires));
    const target = `/bucket/key?AWSAccessKeyId=${KEY.id}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
    return verifyQueryV2(request('GET', target, {}), verifier);
  };
  t.equal(ask(String(now / 1000 + 60)), KEY);
  t.throws(() => ask(String(now / 1000)), { code: 'AccessDenied', message: 'Request has expired' });
  t.throws(() => ask(String(now / 1000 + 60), 'wrong'), { code: 'SignatureDoesNotMatch' });
  t.throws(() => ask('soon'), { code: 'AccessDenied' });
  t.throws(() => verifyQueryV2(request('GET', '/?AWSAccessKeyId=a&Signature=b', {}), verifier), {
    code: 'AccessDenied',
  });
});

t.test('a bucket signed with the slash that was not sent is that bucket', async (t) => {
  const signature = signV2(SECRET, stringToSign(request('GET', '/bucket/?acl', { date }), date));
  t.equal(
    verifyHeaderV2(request('GET', '/bucket?acl', { date }), `AWS ${KEY.id}:${signature}`, verifier),
    KEY,
  );
});
