import t from 'tap';
import { type Backoff, nextBackoff } from '../../cli/backoff.js';

t.test('waits double while processes die at once, up to half a minute', async (t) => {
  const waits: number[] = [];
  let backoff: Backoff | undefined;
  for (let n = 0; n < 12; n++) {
    backoff = nextBackoff(backoff, 10);
    waits.push(backoff.wait);
  }
  t.same(waits.slice(0, 4), [100, 200, 400, 800]);
  t.same(waits.slice(-2), [30_000, 30_000]);
});

t.test('one that ran for a minute starts over', async (t) => {
  t.same(nextBackoff({ wait: 30_000 }, 60_000), { wait: 100 });
});
