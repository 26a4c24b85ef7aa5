import { openSync } from 'node:fs';
import t from 'tap';
import { StoreError, type StoreErrorCode, toStoreError } from '../../lib/errors.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import { errnoOf } from '../../mount/errno.js';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

t.test('what the system said is what the caller gets, however it was wrapped on the way', async (t) => {
  for (const errno of [E.ENOENT, E.ENOSPC, E.EDQUOT, E.EIO, E.EROFS, E.ENODATA, E.EPERM]) {
    const error = new SystemError(errno, 'open');
    t.equal(errnoOf(error), errno, error.code);
    t.equal(errnoOf(toStoreError(error, 'open it')), errno, `${error.code} inside a StoreError`);
  }
  t.equal(errnoOf(thrownBy(() => openSync('/nowhere/at/all', 'r'))), E.ENOENT, "and Node's own errors");
});

t.test('what the store refuses has an errno of the same meaning', async (t) => {
  const wanted: { readonly [K in StoreErrorCode]?: number } = {
    NoSuchKey: E.ENOENT,
    NoSuchBucket: E.ENOENT,
    InvalidBucketName: E.EINVAL,
    MetadataTooLarge: E.EINVAL,
    InvalidTag: E.EINVAL,
    BucketNotEmpty: E.ENOTEMPTY,
    BucketExists: E.EEXIST,
    BucketIsMapped: E.EBUSY,
    AccessDenied: E.EACCES,
    ReadOnly: E.EROFS,
    NoSpace: E.ENOSPC,
    QuotaExceeded: E.EDQUOT,
    Busy: E.EAGAIN,
  };
  for (const [code, errno] of Object.entries(wanted)) {
    t.equal(errnoOf(new StoreError(code as StoreErrorCode, 'x')), errno, code);
  }
});

t.test(
  'the caller is not told that it ran out of descriptors, nor that the call does not exist',
  async (t) => {
    t.equal(errnoOf(new SystemError(E.EMFILE, 'open')), E.ENFILE);
    t.equal(errnoOf(toStoreError(new SystemError(E.EMFILE, 'open'), 'x')), E.ENFILE);
    t.equal(errnoOf(new SystemError(E.ENOSYS, 'copy_file_range')), E.EOPNOTSUPP);
  },
);

t.test('a bug is an I/O error, and never a number the kernel would refuse', async (t) => {
  for (const bug of [new TypeError('x is not a function'), 'text', undefined, { code: 'ERR_X' }])
    t.equal(errnoOf(bug), E.EIO);
  t.equal(errnoOf(new SystemError(512, 'read')), E.EIO);
  t.equal(errnoOf(Object.assign(new Error('x'), { code: 'EODD' })), E.EIO);
});
