import fc from 'fast-check';
import t from 'tap';
import type { Attributes, Entry } from '../../../mount/filesystem/filesystem.js';
import * as encode from '../../../mount/kernel/encode.js';
import { Message } from '../../../mount/kernel/message.js';
import { answer, i32, u16, u32, u64, zeros } from './wire.js';

const attributes: Attributes = {
  ino: 0x0001_0000_0000_002an,
  mode: 0o100644,
  nlink: 2,
  uid: 1000,
  gid: 100,
  rdev: 0,
  size: 2 ** 40 + 7,
  blocks: 2 ** 33 + 1,
  blockSize: 4096,
  atimeNs: 1_700_000_000_123_456_789n,
  mtimeNs: -1n,
  ctimeNs: 4_294_967_296_000_000_000n,
  birthtimeNs: 1_600_000_000_000_000_001n,
};

/** struct fuse_attr of it. */
const attr = Buffer.concat([
  u64(281474976710698n),
  u64(2 ** 40 + 7),
  u64(2 ** 33 + 1),
  u64(17e8),
  u64(-1n),
  u64(4294967296),
  u32(123456789),
  u32(999999999),
  u32(0),
  u32(33188),
  u32(2),
  u32(1e3),
  u32(100),
  u32(0),
  u32(4096),
  u32(0),
]);

const entry: Entry = { node: 42n, generation: 3n, nameFor: 60, attributesFor: 0.5, attributes };

const entryOut = Buffer.concat([u64(42n), u64(3n), u64(60), u64(0), u32(0), u32(500_000_000), attr]);

/** What `put` writes, sealed, in memory full of something else. */
function sealed(put: (message: Message) => number, unique = 9n): Buffer {
  const message = new Message(4096);
  message.bytes.fill(0xaa);
  const length = encode.seal(message, unique, put(message));
  return Buffer.from(message.bytes.subarray(0, length));
}

t.test('an answer carries the number of its request, an error the negative errno', async (t) => {
  t.strictSame(
    sealed(() => 0, 2n ** 63n + 1n),
    answer(2n ** 63n + 1n, 0),
  );
  const message = new Message(64);
  t.equal(encode.sealError(message, 5n, 2), 16);
  t.strictSame(message.bytes.subarray(0, 16), answer(5n, -2));
});

t.test('a name found is an entry with its attributes', async (t) => {
  t.strictSame(
    sealed((m) => encode.putEntry(m, entry)),
    answer(9n, 0, entryOut),
  );
});

t.test('a name that is not there is node 0, for as long as that holds', async (t) => {
  t.strictSame(
    sealed((m) => encode.putEntry(m, { node: undefined, nameFor: 1.25 })),
    answer(9n, 0, u64(0), u64(0), u64(1), u64(0), u32(250_000_000), u32(0), zeros(88)),
  );
});

t.test('attributes by themselves', async (t) => {
  t.strictSame(
    sealed((m) => encode.putFresh(m, { attributes, attributesFor: 1 })),
    answer(9n, 0, u64(1), u32(0), u32(0), attr),
  );
});

t.test('statx adds the birth time, and says when there is none', async (t) => {
  const out = (mask: number, birth: readonly Buffer[]): Buffer =>
    answer(
      9n,
      0,
      u64(1),
      u32(0),
      u32(0),
      zeros(16),
      u32(mask),
      u32(4096),
      u64(0),
      u32(2),
      u32(1000),
      u32(100),
      u16(0o020644),
      u16(0),
      u64(0x0001_0000_0000_002an),
      u64(2 ** 40 + 7),
      u64(2 ** 33 + 1),
      u64(0),
      u64(1_700_000_000),
      u32(123_456_789),
      u32(0),
      ...birth,
      u64(4_294_967_296),
      u32(0),
      u32(0),
      u64(-1n),
      u32(999_999_999),
      u32(0),
      u32(259),
      u32(0x12345),
      u32(0),
      u32(0),
      zeros(112),
    );
  const device = { ...attributes, mode: 0o020644, rdev: 0x123_103_45 };
  t.strictSame(
    sealed((m) => encode.putStatx(m, { attributes: device, attributesFor: 1 })),
    out(0xfff, [u64(1_600_000_000), u32(1), u32(0)]),
  );
  t.strictSame(
    sealed((m) =>
      encode.putStatx(m, { attributes: { ...device, birthtimeNs: undefined }, attributesFor: 1 }),
    ),
    out(0x7ff, [zeros(16)]),
  );
});

t.test(
  'what is opened has a handle, flags and a backing id; what is created an entry before them',
  async (t) => {
    t.strictSame(
      sealed((m) => encode.putOpened(m, 77n, 0x82, 5)),
      answer(9n, 0, u64(77n), u32(0x82), i32(5)),
    );
    t.strictSame(
      sealed((m) => encode.putCreated(m, entry, 77n, 2, 0)),
      answer(9n, 0, entryOut, u64(77n), u32(2), i32(0)),
    );
  },
);

t.test('sizes have 32 bits, positions 64, bytes go as they are', async (t) => {
  t.strictSame(
    sealed((m) => encode.putSize(m, 4096)),
    answer(9n, 0, u32(4096), u32(0)),
  );
  t.strictSame(
    sealed((m) => encode.putLong(m, 2 ** 52 + 1)),
    answer(9n, 0, u64(2n ** 52n + 1n)),
  );
  t.strictSame(
    sealed((m) => encode.putBytes(m, Buffer.from('../x'))),
    answer(9n, 0, Buffer.from('../x')),
  );
});

t.test('statfs', async (t) => {
  const statfs = {
    blockSize: 4096,
    blocks: 2n ** 40n,
    free: 3n,
    available: 2n,
    files: 5n,
    filesFree: 4n,
    nameMax: 255,
  };
  t.strictSame(
    sealed((m) => encode.putStatfs(m, statfs)),
    answer(
      9n,
      0,
      u64(2n ** 40n),
      u64(3n),
      u64(2n),
      u64(5n),
      u64(4n),
      u32(4096),
      u32(255),
      u32(4096),
      u32(0),
      zeros(24),
    ),
  );
});

t.test('INIT’s answer is 64 bytes', async (t) => {
  const welcome: encode.Welcome = {
    major: 7,
    minor: 45,
    maxReadahead: 131072,
    flags: 0x8000_0001,
    flags2: 0x20,
    maxBackground: 64,
    congestionThreshold: 48,
    maxWrite: 1048576,
    timeGranularity: 1,
    maxPages: 256,
    maxStackDepth: 1,
  };
  t.strictSame(
    sealed((m) => encode.putWelcome(m, welcome)),
    answer(
      9n,
      0,
      u32(7),
      u32(45),
      u32(131072),
      u32(0x8000_0001),
      u16(64),
      u16(48),
      u32(1048576),
      u32(1),
      u16(256),
      u16(0),
      u32(0x20),
      u32(1),
      zeros(24),
    ),
  );
});

t.test('every time is whole seconds and the nanoseconds left, before 1970 as well', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (time) => {
      const fresh = { attributes: { ...attributes, mtimeNs: time }, attributesFor: 0 };
      const bytes = sealed((m) => encode.putFresh(m, fresh));
      const seconds = bytes.readBigInt64LE(16 + 16 + 32);
      const rest = BigInt(bytes.readUInt32LE(16 + 16 + 52));
      return seconds * 1_000_000_000n + rest === time && rest < 1_000_000_000n;
    }),
    { numRuns: 5000, examples: [[0n], [-1n], [999_999_999n], [1_000_000_000n], [-1_000_000_000n]] },
  );
});
