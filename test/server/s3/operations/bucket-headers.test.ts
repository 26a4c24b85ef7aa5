import t from 'tap';
import { UNNAMED_REGION, bucketArn } from '../../../../server/s3/operations/bucket-headers.js';

t.test('a bucket has an ARN without region and account', async (t) => {
  t.equal(bucketArn('photos'), 'arn:aws:s3:::photos');
  t.equal(UNNAMED_REGION, 'us-east-1');
});
