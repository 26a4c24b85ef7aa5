import t from 'tap';
import { createPace } from '../../cli/pace.js';

t.test('reading takes the time its rate allows, and not much more', async (t) => {
  let now = 0;
  const pace = createPace(
    1000,
    () => now,
    async (milliseconds) => (now += milliseconds),
  );
  for (let n = 0; n < 100; n++) await pace(100);
  t.ok(now >= 9_900 && now <= 10_000, `10,000 bytes took ${now} ms`);
});

t.test('time in which nothing was read is no credit for a burst', async (t) => {
  let now = 0;
  const waits: number[] = [];
  const pace = createPace(
    1000,
    () => now,
    async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  );
  now = 60_000;
  await pace(500);
  t.same(waits, [500]);
});

t.test('without a rate nothing waits', async (t) => {
  t.equal(createPace(undefined)(1e9), undefined);
  t.equal(createPace(0)(1e9), undefined);
});
