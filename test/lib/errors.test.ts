import { constants } from 'node:os';
import t from 'tap';
import { errnoOf, StoreError, toStoreError } from '../../lib/errors.js';

t.test('what the system says becomes the code a caller can act on', async (t) => {
  for (const [errno, code] of [
    ['EACCES', 'AccessDenied'],
    ['EROFS', 'ReadOnly'],
    ['ENOSPC', 'NoSpace'],
    ['EMFILE', 'Busy'],
  ] as const) {
    const error = Object.assign(new Error('failed'), { code: errno, errno: -constants.errno[errno] });
    t.equal(toStoreError(error, 'put').code, code, errno);
  }
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

t.test('a store error stays what it is, anything else is internal', async (t) => {
  const error = new StoreError('NoSuchKey', 'none');
  t.equal(toStoreError(error, 'get'), error);
  t.equal(toStoreError('a string', 'get').code, 'Internal');
  t.equal(toStoreError(new TypeError('a mistake'), 'get').code, 'Internal');
  t.equal(errnoOf(undefined), undefined);
});
