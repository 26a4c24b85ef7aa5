import t from 'tap';
import { chooseRange } from '../../../../server/s3/operations/read-range.js';
import { asked } from './asked.js';
import { info } from './info.js';

const ranged = (range: string, more: Record<string, string> = {}) =>
  chooseRange(asked({ range, ...more }), info());
const parts = [
  { number: 1, size: 6 },
  { number: 5, size: 4 },
];
const part = (partNumber: string) => chooseRange(asked({}, { partNumber }), info({ parts }));

t.test('no range is everything', async (t) => {
  t.same(chooseRange(asked(), info()), { start: 0, end: 10, partial: false });
  t.same(ranged('bytes=0-1,3-4'), { start: 0, end: 10, partial: false });
  t.same(ranged('lines=1-2'), { start: 0, end: 10, partial: false });
});

t.test('a range is a part, and says which', async (t) => {
  t.same(ranged('bytes=2-4'), { start: 2, end: 5, partial: true, contentRange: 'bytes 2-4/10' });
  t.same(ranged('bytes=-3'), { start: 7, end: 10, partial: true, contentRange: 'bytes 7-9/10' });
  t.same(ranged('bytes=0-'), { start: 0, end: 10, partial: true, contentRange: 'bytes 0-9/10' });
});

t.test('a range behind the end is refused with the size', async (t) => {
  t.throws(() => ranged('bytes=40-50'), {
    code: 'InvalidRange',
    extra: { ActualObjectSize: 10, RangeRequested: 'bytes=40-50' },
    headers: { 'Content-Range': 'bytes */10' },
  });
});

t.test('If-Range holds a range to the object it began with', async (t) => {
  const { etag } = info();
  t.equal(ranged('bytes=2-4', { 'if-range': `"${etag}"` }).partial, true);
  t.equal(ranged('bytes=2-4', { 'if-range': '"other"' }).partial, false);
  t.equal(ranged('bytes=2-4', { 'if-range': 'Fri, 02 Jan 2026 03:04:05 GMT' }).partial, true);
  t.equal(ranged('bytes=2-4', { 'if-range': 'Fri, 02 Jan 2026 03:04:06 GMT' }).partial, false);
});

t.test('parts count as they lie, whatever number they were uploaded under', async (t) => {
  t.match(part('1'), { start: 0, end: 6, partial: true, contentRange: 'bytes 0-5/10', partsCount: 2 });
  t.match(part('2'), { start: 6, end: 10, contentRange: 'bytes 6-9/10', part: { number: 5 } });
  t.throws(() => part('3'), { code: 'InvalidPartNumber', status: 416 });
});

t.test('an object without parts is its own first part', async (t) => {
  const first = chooseRange(asked({}, { partNumber: '1' }), info());
  t.match(first, { start: 0, end: 10, partial: true });
  t.equal(first.partsCount, undefined);
  t.match(chooseRange(asked({}, { partNumber: '1' }), info({ size: 0 })), {
    start: 0,
    end: 0,
    partial: false,
  });
  t.throws(() => chooseRange(asked({}, { partNumber: '2' }), info()), { code: 'InvalidPartNumber' });
});

t.test('part numbers go from 1 to 10000, and not with a range', async (t) => {
  for (const text of ['0', '10001', '-1', 'x', ''])
    t.throws(() => part(text), { code: 'InvalidArgument' }, text);
  t.throws(() => chooseRange(asked({ range: 'bytes=0-1' }, { partNumber: '1' }), info()), {
    code: 'InvalidRequest',
  });
});
