import fc from 'fast-check';
import t from 'tap';
import { amzDate, httpDate, isoDate, parseAmzDate, parseHttpDate } from '../../../server/http/dates.js';

const SECOND = fc.integer({ min: 0, max: 4_102_444_800 }).map((second) => second * 1000);

t.test('every whole second survives the way to the wire and back', async (t) => {
  fc.assert(
    fc.property(SECOND, (time) => {
      t.equal(parseHttpDate(httpDate(time)), time);
      t.equal(parseAmzDate(amzDate(time)), time);
      t.equal(parseHttpDate(isoDate(time)), time);
    }),
    { numRuns: 200 },
  );
});

t.test('fractions are rounded down, never up', async (t) => {
  t.equal(httpDate(999), 'Thu, 01 Jan 1970 00:00:00 GMT');
  t.equal(isoDate(1999.9), '1970-01-01T00:00:01.000Z');
  t.equal(amzDate(1999), '19700101T000001Z');
});

t.test('the three forms of RFC 9110 name the same instant', async (t) => {
  const time = Date.UTC(1994, 10, 6, 8, 49, 37);
  t.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), time);
  t.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(2026, 0, 1)), time);
  t.equal(parseHttpDate('Sun Nov  6 08:49:37 1994'), time);
  t.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 +0000'), time);
});

t.test('what is no date is none', async (t) => {
  for (const text of [
    '',
    'yesterday',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    '1994-11-06',
    '784111777',
  ]) {
    t.equal(parseHttpDate(text), undefined, text);
  }
  for (const text of ['', '20130524', '20130230T000000Z', '20130524T000060Z', '2013-05-24T00:00:00Z']) {
    t.equal(parseAmzDate(text), undefined, text);
  }
});
