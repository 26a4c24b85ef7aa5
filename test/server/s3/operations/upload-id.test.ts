import t from 'tap';
import { partNumberOf, uploadIdOf } from '../../../../server/s3/operations/upload-id.js';
import { asked } from './asked.js';

t.test('an id nobody was given names no upload', async (t) => {
  const id = '0123456789abcdef0123456789abcdef';
  t.equal(uploadIdOf(asked({}, { uploadId: id })), id);
  for (const uploadId of ['', 'abc1234def', `${id}0`, id.toUpperCase()]) {
    t.throws(() => uploadIdOf(asked({}, { uploadId })), { code: 'NoSuchUpload' });
  }
});

t.test('part numbers go from 1 to 10000', async (t) => {
  t.equal(partNumberOf(asked({}, { partNumber: '10000' })), 10_000);
  for (const partNumber of ['0', '10001', '-1', '1.5', '', 'one']) {
    t.throws(() => partNumberOf(asked({}, { partNumber })), { code: 'InvalidArgument' });
  }
});
