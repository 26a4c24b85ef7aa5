import t from 'tap';
import { negotiate, type Wishes } from '../../../mount/kernel/negotiation.js';
import type { Hello } from '../../../mount/kernel/request.js';

const WISHES: Wishes = { passthrough: true, exportable: true, stackDepth: 1 };

/** Linux 6.18, as it says hello. */
const TODAY: Hello = { major: 7, minor: 45, maxReadahead: 131072, flags: 0x73fffffb, flags2: 0x5fd };
/** Linux 5.4. */
const OLDEST: Hello = { major: 7, minor: 31, maxReadahead: 131072, flags: 0x03fffffb, flags2: 0 };

function bits(...numbers: readonly number[]): number {
  return numbers.reduce((all, bit) => (all | (1 << bit)) >>> 0, 0);
}

function agreed(hello: Hello, wishes: Wishes = WISHES) {
  const outcome = negotiate(hello, wishes);
  if (outcome.kind !== 'agreed') throw new Error(`not agreed: ${outcome.kind}`);
  return outcome;
}

t.test('today’s kernel gets all that is wanted of it, and nothing else', async (t) => {
  const { welcome, agreement } = agreed(TODAY);
  t.strictSame(welcome, {
    major: 7,
    minor: 45,
    maxReadahead: 131072,
    flags: bits(0, 3, 4, 5, 6, 12, 13, 15, 18, 20, 21, 22, 28, 29, 30),
    flags2: bits(2, 3, 4, 5, 7),
    maxBackground: 64,
    congestionThreshold: 48,
    maxWrite: 1048576,
    timeGranularity: 1,
    maxPages: 256,
    maxStackDepth: 1,
  });
  t.strictSame(agreement, {
    minor: 45,
    setxattrExt: true,
    passthrough: true,
    noFlush: true,
    listings: true,
    expireOnly: true,
    epoch: true,
  });
});

t.test('the oldest gets less, and no field it does not know', async (t) => {
  const { welcome, agreement } = agreed(OLDEST);
  t.equal(welcome.minor, 31);
  t.equal(welcome.flags, bits(0, 3, 4, 5, 6, 12, 13, 15, 18, 20, 21, 22));
  t.equal(welcome.flags2, 0);
  t.equal(welcome.maxStackDepth, 0);
  t.strictSame(agreement, {
    minor: 31,
    setxattrExt: false,
    passthrough: false,
    noFlush: false,
    listings: false,
    expireOnly: false,
    epoch: false,
  });
});

t.test('the second word counts only where the kernel says that it is one', async (t) => {
  const { welcome } = agreed({ ...TODAY, flags: TODAY.flags & ~(1 << 30) });
  t.equal(welcome.flags2, 0);
});

t.test('what must stay off stays off, whatever is offered', async (t) => {
  const { welcome } = agreed({ ...TODAY, flags: 0xffffffff, flags2: 0xffffffff });
  const off = { POSIX_LOCKS: 1, FLOCK_LOCKS: 10, READDIRPLUS_AUTO: 14, WRITEBACK_CACHE: 16, NO_OPEN: 17 };
  for (const [name, bit] of Object.entries(off)) t.equal(welcome.flags & (1 << bit), 0, name);
  t.equal(welcome.flags2 & (1 << 10), 0, 'REQUEST_TIMEOUT');
});

t.test('passthrough and export are asked for when wished', async (t) => {
  const { welcome, agreement } = agreed(TODAY, { passthrough: false, exportable: false, stackDepth: 2 });
  t.equal(agreement.passthrough, false);
  t.equal(welcome.maxStackDepth, 0);
  t.equal(welcome.flags & (1 << 4), 0, 'EXPORT_SUPPORT');
  t.equal(welcome.flags2, bits(2, 3, 4, 6, 7), 'NO_EXPORT_SUPPORT instead');
  t.equal(agreed(TODAY, { ...WISHES, stackDepth: 2 }).welcome.maxStackDepth, 2);
});

t.test('another major version: a newer kernel asks again, an older one cannot be served', async (t) => {
  const again = negotiate({ ...TODAY, major: 8 }, WISHES);
  t.equal(again.kind, 'again');
  t.equal(again.kind === 'again' && again.welcome.major, 7);
  t.strictSame(negotiate({ ...TODAY, minor: 30 }, WISHES), {
    kind: 'refused',
    why: 'this kernel speaks FUSE 7.30; 7.31 is needed',
  });
  t.equal(negotiate({ ...TODAY, major: 6, minor: 99 }, WISHES).kind, 'refused');
});

t.test('a newer minor version than ours is spoken as ours', async (t) => {
  t.equal(agreed({ ...TODAY, minor: 60 }).welcome.minor, 45);
});
