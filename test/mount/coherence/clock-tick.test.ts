import t from 'tap';
import { ClockTicks, isMultigrain } from '../../../mount/coherence/clock-tick.js';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { DIRECTORY, hang, node, root } from './held.js';

const EXT4 = 0xef53;
const MSDOS = 0x4d44;

t.test('multigrain stamps came with Linux 6.13, for some filesystems', async (t) => {
  for (const version of ['6.13.0', '6.18.0-amd64', '7.0.1']) t.ok(isMultigrain(version, EXT4), version);
  for (const version of ['6.12.9', '6.1.0-13-amd64', '5.15.0']) t.equal(isMultigrain(version, EXT4), false);
  t.equal(isMultigrain('6.18.0', MSDOS), false);
});

t.test('a node ticks as its bucket does; what is mounted inside it, as coarsely as any', async (t) => {
  const bucket = bucketIn(t);
  const { dev, ino, rootFd, volume } = bucket;
  const coarse = { ...volume, resolutionNs: 1_000_000_000n, granularityNs: 1_000_000_000n };
  const top = root({ dev: 7, ino, rootFd, volume: coarse });
  const file = hang(top, 'f', node(2));
  t.equal(new ClockTicks().of(file), 1_000_000_000n);
  const elsewhere = root({ dev: dev + 100, rootFd, volume });
  t.equal(new ClockTicks().of(hang(elsewhere, 'd', node(3, DIRECTORY))), 2_000_000_000n);
  t.equal(new ClockTicks().of(node(4)), 2_000_000_000n, 'what is in no bucket');
});
