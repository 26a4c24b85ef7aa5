import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import t from 'tap';
import { errnoOf, StoreError, toStoreError } from '../../lib/errors.js';
import { E, SystemError } from '../../lib/os/system-error.js';

const MEANINGS = {
  EACCES: 'AccessDenied',
  EPERM: 'AccessDenied',
  EROFS: 'ReadOnly',
  ENOSPC: 'NoSpace',
  EDQUOT: 'QuotaExceeded',
  EMFILE: 'Busy',
  ENFILE: 'Busy',
  EAGAIN: 'Busy',
  ENOMEM: 'Busy',
  EIO: 'InputOutput',
  EFBIG: 'TooLarge',
  EOPNOTSUPP: 'NotSupported',
  ENOSYS: 'NotSupported',
  ENAMETOOLONG: 'KeyTooLong',
} as const;

t.test('every errno the store meets has its meaning, told with the attempt and the errno', (t) => {
  for (const [errno, code] of Object.entries(MEANINGS)) {
    const cause = new SystemError(E[errno as keyof typeof MEANINGS], 'openat2');
    const error = toStoreError(cause, 'publish photos/cat.jpg');
    t.match(error, { code, detail: { errno }, cause }, errno);
    t.match(error.message, /^publish photos\/cat\.jpg: /);
  }
  t.end();
});

t.test('an errno without a meaning is a fault of ours, and is still named', (t) => {
  for (const errno of ['ENOENT', 'EBADF', 'EXDEV', 'ELOOP', 'EINVAL'] as const) {
    t.match(toStoreError(new SystemError(E[errno], 'openat2'), 'open x'), {
      code: 'Internal',
      detail: { errno },
    });
  }
  t.end();
});

t.test('errors of Node’s own calls are understood as ours are', async (t) => {
  const directory = t.testdir({});
  t.match(await readFile(`${directory}/none`).catch((error: unknown) => errnoOf(error)), 'ENOENT');
  try {
    readFileSync(`${directory}/${'a'.repeat(300)}`);
    t.fail('a name of 300 bytes was opened');
  } catch (error) {
    t.match(toStoreError(error, 'open it'), { code: 'KeyTooLong', detail: { errno: 'ENAMETOOLONG' } });
  }
});

t.test('whatever else is thrown is Internal, its text and itself kept', (t) => {
  const bug = new TypeError('x is undefined');
  t.match(toStoreError(bug, 'list'), { code: 'Internal', message: 'list: x is undefined', cause: bug });
  for (const thrown of ['text', 7, null, {}, { code: 7 }, { code: 'OTHER' }]) {
    const error = toStoreError(thrown, 'list');
    t.ok(error instanceof StoreError);
    t.equal(error.code, 'Internal');
    t.strictSame(error.detail, {});
    t.equal(error.cause, thrown);
  }
  t.end();
});

t.test('a StoreError stays the one it is', (t) => {
  const error = new StoreError('PartTooSmall', 'too small', { number: 3 });
  t.equal(toStoreError(error, 'complete'), error);
  t.match(error, { name: 'StoreError', code: 'PartTooSmall', message: 'too small', detail: { number: 3 } });
  t.notOk('cause' in error, 'and nothing is made up');
  t.end();
});

t.test('only what looks like an errno is taken for one', (t) => {
  t.equal(errnoOf(new SystemError(E.ENOENT, 'open')), 'ENOENT');
  t.equal(errnoOf({ code: 'ECONNRESET' }), 'ECONNRESET');
  for (const other of [undefined, null, 'ENOENT', 2, {}, { code: 2 }, new Error('ENOENT')]) {
    t.equal(errnoOf(other), undefined);
  }
  t.equal(errnoOf(new StoreError('NoSuchKey', 'none')), undefined);
  t.end();
});

t.test('an error libuv has no name for is known by its number', async (t) => {
  const number = -constants.errno.EDQUOT;
  const unknown = Object.assign(new Error('failed'), {
    code: `Unknown system error ${number}`,
    errno: number,
  });
  t.equal(errnoOf(unknown), 'EDQUOT');
  t.equal(toStoreError(unknown, 'put').code, 'QuotaExceeded');
});
