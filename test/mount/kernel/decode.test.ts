import fc from 'fast-check';
import t from 'tap';
import { decode, opcodeOf, uniqueOf } from '../../../mount/kernel/decode.js';
import { OPCODE } from '../../../mount/kernel/protocol.js';
import { type Operation, OPERATIONS } from '../../../mount/kernel/request.js';
import { inMemory, name, request, u32, u64, zeros } from './wire.js';

const NEW = { setxattrExt: true };

function body(operation: Operation, ...fields: readonly Buffer[]): unknown {
  const bytes = request({ opcode: OPCODE[operation] }, ...fields);
  return decode(operation, inMemory(bytes), bytes.length, NEW).body;
}

t.test('the header says who asks, for which node', async (t) => {
  const bytes = request(
    { opcode: 1, unique: 0x1122334455667788n, node: 0x8000000000000001n, uid: 1000, gid: 100, pid: 4321 },
    name('cat.jpg'),
  );
  const message = inMemory(bytes);
  t.equal(opcodeOf(message), 1);
  t.equal(uniqueOf(message), 0x1122334455667788n);
  t.strictSame(decode('LOOKUP', message, bytes.length, NEW), {
    unique: 0x1122334455667788n,
    node: 0x8000000000000001n,
    caller: { uid: 1000, gid: 100, pid: 4321 },
    body: { name: Buffer.from('cat.jpg') },
  });
});

t.test('the group of an extension is the caller’s as well', async (t) => {
  const extension = Buffer.concat([u32(16), u32(1), u64(0), u32(16), u32(32), u32(1), u32(2e3)]);
  const bytes = request(
    { opcode: OPCODE.MKDIR, uid: 5, gid: 6, pid: 7, extension },
    u32(0o755),
    u32(0o022),
    name('d'),
  );
  const { caller, body } = decode('MKDIR', inMemory(bytes), bytes.length, NEW);
  t.strictSame(caller, { uid: 5, gid: 6, pid: 7, alsoIn: 2000 });
  t.strictSame(body, { mode: 0o755, umask: 0o022, name: Buffer.from('d') });
});

t.test('an extension that claims more than there is is refused', async (t) => {
  const lying = Buffer.concat([u32(64), u32(32), u32(1), u32(2000)]);
  const bytes = request({ opcode: OPCODE.MKDIR, extension: lying }, u32(0), u32(0), name('d'));
  t.throws(() => decode('MKDIR', inMemory(bytes), bytes.length, NEW), { code: 'EINVAL' });
  const none = request({ opcode: OPCODE.UNLINK }, name('d'));
  none.writeUInt16LE(900, 36);
  t.throws(() => decode('UNLINK', inMemory(none), none.length, NEW), { code: 'EINVAL' });
});

t.test('names are bytes, up to their NUL', async (t) => {
  const latin1 = Buffer.from([0xe9, 0xff, 0x01]);
  t.strictSame(body('UNLINK', name(latin1)), { name: latin1 });
  t.strictSame(body('RMDIR', name('')), { name: Buffer.of() });
  t.strictSame(body('LOOKUP', name('x'.repeat(255))), { name: Buffer.from('x'.repeat(255)) });
  t.strictSame(body('REMOVEXATTR', name('user.a')), { name: Buffer.from('user.a') });
  t.throws(() => body('UNLINK', Buffer.from('no end')), { code: 'EINVAL' });
});

t.test('what has two names has them in the order of the wire', async (t) => {
  t.strictSame(body('SYMLINK', name('link'), name('../target')), {
    name: Buffer.from('link'),
    target: Buffer.from('../target'),
  });
  t.strictSame(body('RENAME', u64(9n), name('old'), name('new')), {
    newParent: 9n,
    flags: 0,
    name: Buffer.from('old'),
    newName: Buffer.from('new'),
  });
  t.strictSame(body('RENAME2', u64(9n), u32(2), u32(0), name('old'), name('new')), {
    newParent: 9n,
    flags: 2,
    name: Buffer.from('old'),
    newName: Buffer.from('new'),
  });
  t.strictSame(body('LINK', u64(77n), name('also')), { existing: 77n, name: Buffer.from('also') });
  t.throws(() => body('SYMLINK', name('link'), Buffer.from('x')), { code: 'EINVAL' });
});

t.test('what is made has a mode and the caller’s umask', async (t) => {
  t.strictSame(body('MKNOD', u32(0o010644), u32(0), u32(0o077), u32(0), name('fifo')), {
    mode: 0o010644,
    rdev: 0,
    umask: 0o077,
    name: Buffer.from('fifo'),
  });
  t.strictSame(body('MKNOD', u32(0o020600), u32(0x0103), u32(0), u32(0), name('null')), {
    mode: 0o020600,
    rdev: 0x0103,
    umask: 0,
    name: Buffer.from('null'),
  });
  t.strictSame(body('CREATE', u32(0o102), u32(0o100644), u32(0o022), u32(1), name('f')), {
    flags: 0o102,
    mode: 0o644,
    umask: 0o022,
    killSetId: true,
    name: Buffer.from('f'),
  });
  t.strictSame(body('TMPFILE', u32(0o20200002), u32(0o100600), u32(0o022), u32(0), name('/')), {
    flags: 0o20200002,
    mode: 0o600,
    umask: 0o022,
  });
});

t.test('files are opened, read and written by handle', async (t) => {
  t.strictSame(body('OPEN', u32(0o1002), u32(1)), { flags: 0o1002, killSetId: true });
  t.strictSame(body('OPENDIR', u32(0o200000), u32(0)), { flags: 0o200000 });
  const read = [u64(5n), u64(2 ** 40 + 1), u32(131072), u32(0), u64(0), u32(0), u32(0)];
  t.strictSame(body('READ', ...read), { handle: 5n, offset: 2 ** 40 + 1, size: 131072 });
  const write = [u64(5n), u64(3), u32(5), u32(4), u64(0), u32(0), u32(0)];
  t.strictSame(body('WRITE', ...write, Buffer.from('hello')), {
    handle: 5n,
    offset: 3,
    data: Buffer.from('hello'),
    killSetId: true,
  });
  t.throws(() => body('WRITE', ...write, Buffer.from('hell')), { code: 'EINVAL' });
  t.strictSame(body('FLUSH', u64(5n), u32(0), u32(0), u64(1n)), { handle: 5n });
  t.strictSame(body('RELEASE', u64(5n), u32(0), u32(0), u64(1n)), { handle: 5n });
  t.strictSame(body('RELEASEDIR', u64(6n), u32(0), u32(0), u64(1n)), { handle: 6n });
  t.strictSame(body('FSYNC', u64(5n), u32(1), u32(0)), { handle: 5n, dataOnly: true });
  t.strictSame(body('FSYNCDIR', u64(5n), u32(0), u32(0)), { handle: 5n, dataOnly: false });
  t.strictSame(body('FALLOCATE', u64(5n), u64(4096), u64(8192), u32(3), u32(0)), {
    handle: 5n,
    offset: 4096,
    length: 8192,
    mode: 3,
  });
  t.strictSame(body('LSEEK', u64(5n), u64(10), u32(4), u32(0)), { handle: 5n, offset: 10, whence: 4 });
});

t.test('a position no number holds is too big, a length "to the end" is not', async (t) => {
  const read = [u64(2n ** 53n), u32(1), u32(0), u64(0), u32(0), u32(0)];
  t.throws(() => body('READ', u64(5n), ...read), { code: 'EFBIG' });
  const copy = [u64(1n), u64(2), u64(30n), u64(4n), u64(5), u64(2n ** 63n), u64(0)];
  for (const operation of ['COPY_FILE_RANGE', 'COPY_FILE_RANGE_64'] as const) {
    t.strictSame(body(operation, ...copy), {
      from: 1n,
      fromOffset: 2,
      to: 4n,
      toOffset: 5,
      length: Number.MAX_SAFE_INTEGER,
    });
  }
});

t.test('directories are read from an opaque position', async (t) => {
  const fields = [u64(5n), u64(2n ** 63n + 1n), u32(4096), u32(0), u64(0), u32(0), u32(0)];
  for (const operation of ['READDIR', 'READDIRPLUS'] as const) {
    t.strictSame(body(operation, ...fields), { handle: 5n, offset: 2n ** 63n + 1n, size: 4096 });
  }
});

t.test('attributes are asked for by node, and by handle when there is one', async (t) => {
  t.strictSame(body('GETATTR', u32(0), u32(0), u64(9n)), { handle: undefined });
  t.strictSame(body('GETATTR', u32(1), u32(0), u64(9n)), { handle: 9n });
  t.strictSame(body('STATX', u32(1), u32(0), u64(9n), u32(0), u32(0xfff)), { handle: 9n });
});

function setattr(valid: number): unknown {
  return body(
    'SETATTR',
    u32(valid),
    u32(0),
    u64(9n),
    u64(12345),
    u64(0),
    u64(1_700_000_000),
    u64(-1n),
    u64(3),
    u32(999_999_999),
    u32(5),
    u32(6),
    u32(0o104755),
    u32(0),
    u32(1000),
    u32(100),
    u32(0),
  );
}

t.test('SETATTR changes what its mask names, times to the nanosecond', async (t) => {
  t.strictSame(setattr(0), { handle: undefined, change: {} });
  t.strictSame(setattr(0b1111111), {
    handle: 9n,
    change: {
      mode: 0o4755,
      uid: 1000,
      gid: 100,
      size: 12345,
      atimeNs: 1_700_000_000_999_999_999n,
      mtimeNs: -999_999_995n,
    },
  });
  t.strictSame(setattr(0b1_1011_0000), { handle: undefined, change: { atimeNs: 'now', mtimeNs: 'now' } });
  t.strictSame(setattr(1 << 11), { handle: undefined, change: { killSetId: true } });
});

t.test('extended attributes have a longer structure once that was agreed', async (t) => {
  const value = Buffer.from('v\0w');
  const long = [u32(3), u32(1), u32(1), u32(0), name('user.a'), value];
  t.strictSame(body('SETXATTR', ...long), {
    name: Buffer.from('user.a'),
    value,
    flags: 1,
    killSetGid: true,
  });
  const short = request({ opcode: OPCODE.SETXATTR }, u32(3), u32(2), name('user.a'), value);
  t.strictSame(decode('SETXATTR', inMemory(short), short.length, { setxattrExt: false }).body, {
    name: Buffer.from('user.a'),
    value,
    flags: 2,
    killSetGid: false,
  });
  t.throws(() => body('SETXATTR', u32(4), u32(0), u32(0), u32(0), name('user.a'), value), { code: 'EINVAL' });
  t.strictSame(body('GETXATTR', u32(0), u32(0), name('user.a')), { size: 0, name: Buffer.from('user.a') });
  t.strictSame(body('LISTXATTR', u32(64), u32(0)), { size: 64 });
});

t.test('forgetting comes one by one and in batches', async (t) => {
  t.strictSame(body('FORGET', u64(3n)), { lookups: 3n });
  t.strictSame(body('BATCH_FORGET', u32(2), u32(0), u64(10n), u64(1n), u64(11n), u64(2n)), {
    forgets: [
      { node: 10n, lookups: 1n },
      { node: 11n, lookups: 2n },
    ],
  });
  t.throws(() => body('BATCH_FORGET', u32(2), u32(0), u64(10n), u64(1n)), { code: 'EINVAL' });
  t.throws(() => body('BATCH_FORGET', u32(0xffffffff), u32(0)), { code: 'EINVAL' });
  t.strictSame(body('INTERRUPT', u64(99n)), { unique: 99n });
});

t.test('INIT had fewer fields once', async (t) => {
  const now = [u32(7), u32(45), u32(131072), u32(0x73fffffb), u32(0x5fd), zeros(44)];
  const hello = { major: 7, minor: 45, maxReadahead: 131072, flags: 0x73fffffb, flags2: 0x5fd };
  t.strictSame(body('INIT', ...now), hello);
  t.strictSame(body('INIT', ...now.slice(0, 4)), { ...hello, flags2: 0 });
  t.strictSame(body('INIT', ...now.slice(0, 2)), { ...hello, maxReadahead: 0, flags: 0, flags2: 0 });
});

t.test('no bytes, however wrong, do more than be refused', async () => {
  const known = OPERATIONS.filter((operation) => operation !== undefined);
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.uint8Array({ minLength: 40, maxLength: 200 }),
      fc.boolean(),
      (operation, bytes, setxattrExt) => {
        try {
          decode(operation, inMemory(Buffer.from(bytes)), bytes.length, { setxattrExt });
        } catch (error) {
          if (!(error instanceof Error && 'code' in error)) throw error;
          return error.code === 'EINVAL' || error.code === 'EFBIG';
        }
        return true;
      },
    ),
    { numRuns: 2000 },
  );
});

t.test('whatever is written field by field reads back', async () => {
  const u64s = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const u32s = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const positions = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const names = fc
    .uint8Array({ minLength: 1, maxLength: 255 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 ? 1 : byte))));
  fc.assert(
    fc.property(u64s, u64s, u32s, positions, names, names, (handle, node, word, at, one, other) => {
      const ends = [u32(0), u64(0), u32(0), u32(0)];
      t.strictSame(body('READ', u64(handle), u64(at), u32(word), ...ends), {
        handle,
        offset: at,
        size: word,
      });
      const write = [u64(handle), u64(at), u32(one.length), u32(0), u64(0), u32(0), u32(0), one];
      t.strictSame(body('WRITE', ...write), { handle, offset: at, data: one, killSetId: false });
      t.strictSame(body('RENAME2', u64(node), u32(word), u32(0), name(one), name(other)), {
        newParent: node,
        flags: word,
        name: one,
        newName: other,
      });
      t.strictSame(body('MKNOD', u32(word), u32(word), u32(word), u32(0), name(one)), {
        mode: word,
        rdev: word,
        umask: word,
        name: one,
      });
    }),
    { numRuns: 100 },
  );
});
