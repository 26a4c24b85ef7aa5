import { openSync } from 'node:fs';
import t from 'tap';
import { E, SystemError, errnoName, isErrno } from '../../../lib/os/system-error.js';

t.test('a failure names its errno, its number and its call, and costs no stack', async (t) => {
  const limit = Error.stackTraceLimit;
  const error = new SystemError(E.ENOENT, 'openat2');
  t.match(error, { name: 'SystemError', code: 'ENOENT', errno: 2, syscall: 'openat2' });
  t.equal(error.message, 'ENOENT: no such file or directory, openat2');
  t.notMatch(error.stack, /\n\s+at /, 'no frames');
  t.equal(Error.stackTraceLimit, limit, 'others keep their stacks');
});

t.test('the names are those that callers decide by, where a number has two', async (t) => {
  t.equal(errnoName(E.EWOULDBLOCK), 'EAGAIN');
  t.equal(errnoName(E.ENOTSUP), 'EOPNOTSUPP');
  t.equal(errnoName(E.EDQUOT), 'EDQUOT');
  t.equal(errnoName(E.ESTALE), 'ESTALE');
  t.equal(errnoName(117), 'EUCLEAN');
  t.equal(errnoName(9999), 'E9999');
});

t.test('isErrno knows our errors and those of Node, and nothing else', async (t) => {
  t.ok(isErrno(new SystemError(E.EXDEV, 'renameat2'), 'ENOENT', 'EXDEV'));
  t.notOk(isErrno(new SystemError(E.EXDEV, 'renameat2'), 'ENOENT'));
  try {
    openSync('/nowhere/at/all', 'r');
    t.fail('opened');
  } catch (error) {
    t.ok(isErrno(error, 'ENOENT'));
  }
  for (const value of [undefined, null, 'ENOENT', new Error('ENOENT'), { code: 2 }])
    t.notOk(isErrno(value, 'ENOENT'));
});
