import t from 'tap';
import {
  checkSource,
  deleteConditions,
  entryConditions,
  sourceConditions,
  writeConditions,
} from '../../../../server/s3/operations/conditions.js';
import { asked } from './asked.js';
import { info } from './info.js';

t.test('writes are bound to entity tags, listed, quoted or not', async (t) => {
  t.same(writeConditions(asked()), {});
  t.same(writeConditions(asked({ 'if-none-match': '*' })), { ifNoneMatch: '*' });
  t.same(writeConditions(asked({ 'if-match': '"a", b' })), { ifMatch: ['a', 'b'] });
  t.same(writeConditions(asked({ 'if-none-match': '"a"' })), { ifNoneMatch: ['a'] });
});

t.test('writes bound to dates are refused, not done without', async (t) => {
  const date = 'Sat, 29 Oct 1994 19:43:31 GMT';
  t.throws(() => writeConditions(asked({ 'if-modified-since': date })), { code: 'NotImplemented' });
  t.throws(() => writeConditions(asked({ 'if-unmodified-since': date })), { code: 'NotImplemented' });
});

t.test('deletes are bound to size and time as well', async (t) => {
  t.same(
    deleteConditions(
      asked({
        'if-match': '*',
        'x-amz-if-match-size': '5',
        'x-amz-if-match-last-modified-time': 'Sat, 29 Oct 1994 19:43:31 GMT',
      }),
    ),
    { ifMatch: '*', ifSize: 5, ifModified: Date.UTC(1994, 9, 29, 19, 43, 31) },
  );
  t.same(entryConditions({ etag: undefined, size: undefined, modified: '1994-10-29T19:43:31Z' }), {
    ifModified: Date.UTC(1994, 9, 29, 19, 43, 31),
  });
  t.throws(() => deleteConditions(asked({ 'x-amz-if-match-size': 'x' })), { code: 'InvalidArgument' });
  t.throws(() => deleteConditions(asked({ 'x-amz-if-match-last-modified-time': 'today' })), {
    code: 'InvalidArgument',
  });
});

t.test('every condition a source does not meet is a 412 that names it', async (t) => {
  const prefix = 'x-amz-copy-source-';
  const check = (header: string, value: string) => () =>
    checkSource(sourceConditions(asked({ [prefix + header]: value }), prefix), info(), prefix);
  const { etag } = info();
  t.doesNotThrow(check('if-match', etag));
  t.throws(check('if-match', 'other'), { code: 'PreconditionFailed' });
  t.throws(check('if-none-match', `"${etag}"`), {
    code: 'PreconditionFailed',
    extra: { Condition: 'x-amz-copy-source-If-None-Match' },
  });
  t.throws(check('if-modified-since', 'Sat, 29 Oct 2050 19:43:31 GMT'), {
    code: 'PreconditionFailed',
    extra: { Condition: 'x-amz-copy-source-If-Modified-Since' },
  });
  t.throws(check('if-unmodified-since', 'Sat, 29 Oct 1994 19:43:31 GMT'), { code: 'PreconditionFailed' });
  t.doesNotThrow(check('if-modified-since', 'Sat, 29 Oct 1994 19:43:31 GMT'));
});
