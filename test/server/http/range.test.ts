import fc from 'fast-check';
import t from 'tap';
import { contentRange, parseCopyRange, parseRange } from '../../../server/http/range.js';

t.test('a range gives exactly the bytes a slice would', async (t) => {
  const bounds = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(bounds, bounds, bounds, (size, first, last) => {
      const whole = Array.from({ length: size }, (_, at) => at);
      const range = parseRange(`bytes=${first}-${last}`, size);
      if (last < first) t.equal(range.kind, 'whole');
      else if (first >= size) t.equal(range.kind, 'unsatisfiable');
      else if (range.kind !== 'range') t.fail('a range inside is one');
      else t.same(whole.slice(range.start, range.end), whole.slice(first, last + 1));
    }),
  );
});

t.test('open ends and suffixes', async (t) => {
  t.same(parseRange('bytes=4-', 10), { kind: 'range', start: 4, end: 10 });
  t.same(parseRange('bytes=-3', 10), { kind: 'range', start: 7, end: 10 });
  t.same(parseRange('bytes=-30', 10), { kind: 'range', start: 0, end: 10 });
  t.same(parseRange('bytes=0-999999999999999999999', 10), { kind: 'range', start: 0, end: 10 });
  t.same(parseRange('bytes=-0', 10), { kind: 'unsatisfiable' });
  t.same(parseRange('bytes=0-', 0), { kind: 'unsatisfiable' });
  t.same(parseRange('bytes=-1', 0), { kind: 'unsatisfiable' });
});

t.test('several ranges, other units and nonsense are the whole object', async (t) => {
  for (const header of [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-1,3-4',
    'lines=1-2',
    'bytes=5-2',
  ]) {
    t.same(parseRange(header, 10), { kind: 'whole' }, String(header));
  }
});

t.test('the range of a copy is first and last byte, nothing else', async (t) => {
  t.same(parseCopyRange('bytes=0-9'), { start: 0, end: 10 });
  for (const header of [
    'bytes=0-',
    'bytes=-5',
    'bytes=9-0',
    'bytes=0-1,2-3',
    '0-9',
    ' bytes=0-9',
    'bytes=0-9999999999999999',
  ]) {
    t.equal(parseCopyRange(header), undefined, header);
  }
});

t.test('Content-Range names the last byte, not the one behind it', async (t) => {
  t.equal(contentRange(0, 10, 20), 'bytes 0-9/20');
});
