import t from 'tap';
import { requestCharged } from '../../../../server/s3/operations/request-payer.js';
import { asked } from './asked.js';

t.test('who is ready to pay is told so', async (t) => {
  t.same(requestCharged(asked({ 'x-amz-request-payer': 'requester' })), {
    'x-amz-request-charged': 'requester',
  });
  t.same(requestCharged(asked()), {});
  t.same(requestCharged(asked({ 'x-amz-request-payer': 'me' })), {});
});
