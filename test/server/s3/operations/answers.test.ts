import t from 'tap';
import type { S3Request } from '../../../../server/s3/operation.js';
import { emptyAnswer, noContent, xmlAnswer } from '../../../../server/s3/operations/answers.js';
import { asked } from './asked.js';

const request = asked({ 'x-amz-request-payer': 'requester' }) as unknown as S3Request;

t.test('every answer tells who pays', async (t) => {
  const paid = { 'x-amz-request-charged': 'requester' };
  t.same(xmlAnswer(request, '<A/>', { ETag: '"e"' }), {
    status: 200,
    headers: { 'Content-Type': 'application/xml', ...paid, ETag: '"e"' },
    body: '<A/>',
  });
  t.same(emptyAnswer(request), { status: 200, headers: paid });
  t.same(noContent(request), { status: 204, headers: paid });
});
