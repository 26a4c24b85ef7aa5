import t from 'tap';
import { judgeRead } from '../../../../server/s3/operations/conditional-read.js';
import { asked } from './asked.js';
import { info } from './info.js';

t.test('a 304 carries what a cache needs to go on', async (t) => {
  const object = info({ system: { cacheControl: 'max-age=5' } });
  t.match(judgeRead(asked({ 'if-none-match': `"${object.etag}"` }), object), {
    status: 304,
    headers: {
      ETag: `"${object.etag}"`,
      'Last-Modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'Cache-Control': 'max-age=5',
    },
  });
});

t.test('a condition that does not hold is a 412, one that does is nothing', async (t) => {
  t.equal(judgeRead(asked(), info()), undefined);
  t.equal(judgeRead(asked({ 'if-match': info().etag }), info()), undefined);
  t.throws(() => judgeRead(asked({ 'if-match': '"x"' }), info()), {
    code: 'PreconditionFailed',
    extra: { Condition: 'If-Match' },
  });
});
