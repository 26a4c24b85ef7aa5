import t from 'tap';
import { StoreError } from '../../../lib/errors.js';
import {
  S3Error,
  fromStoreError,
  invalidArgument,
  notImplemented,
  toS3Error,
} from '../../../server/s3/errors.js';

t.test('an error has the status and the words of AWS', async (t) => {
  const error = new S3Error('NoSuchBucket', { extra: { BucketName: 'b' } });
  t.equal(error.status, 404);
  t.equal(error.message, 'The specified bucket does not exist');
  t.same(error.extra, { BucketName: 'b' });
});

t.test('an argument is named with its value', async (t) => {
  const error = invalidArgument('max-keys', '-1', 'No.');
  t.equal(error.status, 400);
  t.same(error.extra, { ArgumentName: 'max-keys', ArgumentValue: '-1' });
  t.match(notImplemented('GetBucketAcl').message, /GetBucketAcl/);
});

t.test('what the disk says becomes a status a client understands', async (t) => {
  const statuses = {
    NoSpace: 507,
    QuotaExceeded: 403,
    ReadOnly: 403,
    AccessDenied: 403,
    Busy: 503,
    InputOutput: 500,
    NoSuchKey: 404,
    PreconditionFailed: 412,
    Conflict: 409,
  } as const;
  for (const [code, status] of Object.entries(statuses)) {
    t.equal(fromStoreError(new StoreError(code as keyof typeof statuses, 'x')).status, status, code);
  }
});

t.test('facts of the store become the elements AWS has for them', async (t) => {
  t.same(fromStoreError(new StoreError('NoSuchKey', 'x'), { key: 'a/b' }).extra, { Key: 'a/b' });
  t.same(fromStoreError(new StoreError('KeyTooLong', 'x', { size: 1025, maximum: 1024 })).extra, {
    Size: 1025,
    MaxSizeAllowed: 1024,
  });
  t.same(fromStoreError(new StoreError('NoSuchBucket', 'x'), { bucket: 'b' }).extra, { BucketName: 'b' });
});

t.test('paths and system errors never reach the client', async (t) => {
  const error = fromStoreError(
    new StoreError('InputOutput', 'read /srv/secret/file: EIO', { path: '/srv/secret' }),
  );
  t.notMatch(error.message, /secret/);
  t.same(error.extra, {});
});

t.test('anything else is a bug, and an internal error', async (t) => {
  const { error, bug } = toS3Error(new TypeError('x is not a function'));
  t.ok(bug);
  t.equal(error.status, 500);
  t.notMatch(error.message, /function/);
  t.notOk(toS3Error(new S3Error('AccessDenied')).bug);
  t.notOk(toS3Error(new StoreError('NoSuchKey', 'x')).bug);
  t.ok(toS3Error(new StoreError('Internal', 'x')).bug);
});
