import t from 'tap';
import { addChecksums } from '../../../../server/s3/operations/read-checksums.js';
import { asked } from './asked.js';
import { info } from './info.js';

const OBJECT = info({ checksums: [{ algorithm: 'SHA256', type: 'COMPOSITE', value: 'AAAA-2' }] });
const ENABLED = asked({ 'x-amz-checksum-mode': 'ENABLED' });
const WHOLE = { start: 0, end: 10, partial: false };

function headers(request = ENABLED, range: Parameters<typeof addChecksums>[3] = WHOLE) {
  const found = {};
  addChecksums(found, request, OBJECT, range);
  return found;
}

t.test('checksums come with the whole, when asked for', async (t) => {
  t.same(headers(), { 'x-amz-checksum-sha256': 'AAAA-2', 'x-amz-checksum-type': 'COMPOSITE' });
  t.same(headers(asked()), {});
});

t.test('a range has none, a part its own', async (t) => {
  t.same(headers(ENABLED, { start: 0, end: 5, partial: true }), {});
  t.same(
    headers(ENABLED, { start: 0, end: 5, partial: true, part: { number: 1, size: 5, checksum: 'BBBB' } }),
    {
      'x-amz-checksum-sha256': 'BBBB',
      'x-amz-checksum-type': 'COMPOSITE',
    },
  );
  t.same(headers(ENABLED, { start: 0, end: 5, partial: true, part: { number: 1, size: 5 } }), {});
});
