import t from 'tap';
import { parseDuration } from '../../cli/duration.js';

t.test('times are read in every unit', async (t) => {
  const seconds = { '90': 90, '90s': 90, '15m': 900, '12h': 43_200, '7d': 604_800, '1w': 604_800, '0': 0 };
  for (const [text, value] of Object.entries(seconds)) t.equal(parseDuration(text), value, text);
});

t.test('anything else is refused', async (t) => {
  for (const text of ['', '-1', '1.5h', '7 d', '1y', '1e3', '10000000000']) {
    t.throws(() => parseDuration(text), RangeError, text);
  }
});
