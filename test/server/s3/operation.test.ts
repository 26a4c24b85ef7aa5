import t from 'tap';
import type { Operation } from '../../../server/s3/operation.js';
import { MODEL } from '../../../server/s3/rows.js';

t.test('a row that may be asked for without its bucket is CreateBucket alone', async (t) => {
  const makers = MODEL.filter((row: Operation) => row.makesBucket === true);
  t.same(
    makers.map((row) => row.name),
    ['CreateBucket'],
  );
});
