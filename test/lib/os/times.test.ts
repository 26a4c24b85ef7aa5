import { statSync, utimesSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { fullStatFd, statFd } from '../../../lib/os/stat.js';
import { coarseTimeNs, realtimeNs, setModified, setTimes } from '../../../lib/os/times.js';

t.test('the modification time is set to the nanosecond and the access time stays', async (t) => {
  const directory = t.testdir({ file: '' });
  utimesSync(`${directory}/file`, 1000, 2000);
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDWR);
  // What ext4's 34 bits of seconds can keep: 1903 to 2445.
  const times = fc.bigInt({ min: -2_100_000_000_000_000_000n, max: 15_000_000_000_000_000_000n });
  fc.assert(
    fc.property(times, (mtimeNs) => {
      setModified(fd, mtimeNs);
      return statFd(fd).mtimeNs === mtimeNs;
    }),
    { examples: [[0n], [-1n], [999_999_999n], [1_700_000_000_123_456_789n]] },
  );
  t.equal(statSync(`${directory}/file`).atimeMs, 1_000_000);
  t.throws(() => setModified(-1, 0n), { code: 'EBADF' });
  closeFd(fd);
  closeFd(root);
});

t.test('the clocks tell the time that the system tells', async (t) => {
  const before = BigInt(Date.now() - 1) * 1_000_000n;
  const coarse = coarseTimeNs();
  const exact = realtimeNs();
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  t.ok(before <= exact && exact <= after, `${before} ${exact} ${after}`);
  t.ok(coarse <= exact && exact - coarse < 1_000_000_000n, `${exact - coarse} ns behind`);
});

t.test(
  'both times are set, kept or taken from the clock, of any kind of file and by any descriptor',
  async (t) => {
    const directory = t.testdir({ file: '', sub: {}, link: t.fixture('symlink', 'nowhere') });
    const root = openDirectory(directory);
    for (const [name, flags] of [
      ['file', O.RDONLY],
      ['file', O.PATH],
      ['sub', O.PATH],
      ['link', O.PATH],
    ] as const) {
      const fd = openAt(root, name, flags);
      setTimes(fd, 1_000_000_001n, -1n);
      t.match(fullStatFd(fd), { atimeNs: 1_000_000_001n, mtimeNs: -1n }, name);
      setTimes(fd, undefined, 5n);
      t.match(fullStatFd(fd), { atimeNs: 1_000_000_001n, mtimeNs: 5n });
      const before = coarseTimeNs();
      setTimes(fd, 'now', undefined);
      const after = fullStatFd(fd);
      t.equal(after.mtimeNs, 5n);
      t.ok(after.atimeNs >= before && after.atimeNs <= realtimeNs(), `${after.atimeNs}`);
      closeFd(fd);
    }
    closeFd(root);
    t.throws(() => setTimes(-1, 1n, 1n), { code: 'EBADF', syscall: 'utimensat' });
  },
);
