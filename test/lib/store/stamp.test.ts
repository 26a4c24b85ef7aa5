import { writeFileSync } from 'node:fs';
import t from 'tap';
import { tryStatPath } from '../../../lib/os/stat.js';
import { milliseconds, racyFor, sameFile, sameStamp, stampOf } from '../../../lib/store/stamp.js';

t.test('two stats of a file at rest give the same stamp; every change gives another', async (t) => {
  const path = `${t.testdir({})}/file`;
  writeFileSync(path, 'content');
  const stat = tryStatPath(path);
  const again = tryStatPath(path);
  if (stat === undefined || again === undefined) return t.fail('it is there');
  const stamp = stampOf(stat);
  t.same(Object.keys(stamp).sort(), ['ctimeNs', 'dev', 'ino', 'mtimeNs', 'size']);
  t.ok(sameStamp(stamp, again));
  for (const other of [
    { ...stamp, size: stamp.size + 1 },
    { ...stamp, mtimeNs: stamp.mtimeNs + 1n },
    { ...stamp, ctimeNs: stamp.ctimeNs + 1n },
    { ...stamp, ino: stamp.ino + 1n },
    { ...stamp, dev: stamp.dev + 1 },
  ]) {
    t.notOk(sameStamp(stamp, other));
  }
  t.ok(sameFile(stamp, { ...stamp, size: 0 } as typeof stamp));
  t.notOk(sameFile(stamp, { ...stamp, ino: 1n }));
});

t.test('a stamp vouches for its content once the clock has ticked on, and never in the future', async (t) => {
  t.equal(racyFor({ ctimeNs: 1000n }, 10n, 1000n), 10n);
  t.equal(racyFor({ ctimeNs: 1000n }, 10n, 1009n), 1n);
  t.equal(racyFor({ ctimeNs: 1000n }, 10n, 1010n), 0n);
  t.equal(racyFor({ ctimeNs: 5000n }, 10n, 1000n), 4010n);
});

t.test('milliseconds are whole', async (t) => {
  t.equal(milliseconds(1_700_000_000_123_999_999n), 1_700_000_000_123);
});
