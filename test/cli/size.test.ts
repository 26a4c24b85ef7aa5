import t from 'tap';
import { formatSize, parseSize } from '../../cli/size.js';

t.test('sizes are read with and without units', async (t) => {
  const sizes = {
    '0': 0,
    '4096': 4096,
    '64M': 64 * 1024 ** 2,
    '64MiB': 64 * 1024 ** 2,
    '1.5g': 1.5 * 1024 ** 3,
    '2 KB': 2048,
  };
  for (const [text, bytes] of Object.entries(sizes)) t.equal(parseSize(text), bytes, text);
  for (const text of ['', '-1', 'M', '1X', '1,5G', '99999999T'])
    t.throws(() => parseSize(text), RangeError, text);
});

t.test('sizes are shown with three digits', async (t) => {
  const shown = { 0: '0 B', 999: '999 B', 1024: '1 KiB', 1536: '1.5 KiB', [100 * 1024 ** 2]: '100 MiB' };
  for (const [bytes, text] of Object.entries(shown)) t.equal(formatSize(Number(bytes)), text);
  t.equal(formatSize(5000 * 1024 ** 4), '5000 TiB');
});
