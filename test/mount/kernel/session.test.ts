import t from 'tap';
import { E } from '../../../lib/os/system-error.js';
import type { Filesystem, NodeId } from '../../../mount/filesystem/filesystem.js';
import type { Agreement } from '../../../mount/kernel/negotiation.js';
import { FOPEN, OPCODE } from '../../../mount/kernel/protocol.js';
import { Session } from '../../../mount/kernel/session.js';
import { MemoryFilesystem } from './memory-filesystem.js';
import { answer, name, request, u32, u64, zeros } from './wire.js';

const HELLO = request(
  { opcode: OPCODE.INIT, unique: 1n },
  u32(7),
  u32(45),
  u32(131072),
  u32(0x73fffffb),
  u32(0x5fd),
  zeros(44),
);

/** Stands where the kernel does: gives requests, takes answers. */
class Kernel {
  readonly answers = new Map<bigint, Buffer[]>();
  readonly faults: string[] = [];
  readonly refusals: string[] = [];
  readonly lent = new Set<number>();
  readonly changed: NodeId[] = [];
  readonly session: Session;
  agreement: Agreement | undefined;
  /** What taking an answer says from now on. */
  takes = 0;
  #unique = 100n;

  constructor(filesystem: Filesystem, agreement?: Agreement) {
    this.session = new Session({
      filesystem,
      ...(agreement === undefined ? {} : { agreement }),
      wishes: { passthrough: true, exportable: true, stackDepth: 1 },
      onReady: (agreed) => {
        this.agreement = agreed;
      },
      onRefused: (why) => this.refusals.push(why),
      onFault: (operation) => this.faults.push(operation),
      channel: {
        send: ({ bytes }, length) => {
          const copy = Buffer.from(bytes.subarray(0, length));
          const unique = copy.readBigUInt64LE(8);
          if (this.takes === 0) this.answers.set(unique, [...(this.answers.get(unique) ?? []), copy]);
          return this.takes;
        },
        backing: {
          open: () => {
            const id = this.lent.size + 1;
            this.lent.add(id);
            return id;
          },
          close: (id) => this.lent.delete(id),
        },
        attributesChange: (node) => this.changed.push(node),
      },
    });
  }

  give(bytes: Buffer): void {
    this.session.memory.bytes.set(bytes);
    this.session.receive(bytes.length);
  }

  /** The one answer to a request, given and waited for. */
  async ask(opcode: number, node: bigint, ...body: readonly Buffer[]): Promise<Buffer> {
    const unique = this.#unique++;
    this.give(request({ opcode, unique, node, uid: 1000, gid: 100, pid: 1 }, ...body));
    for (let round = 0; round < 200 && !this.answers.has(unique); round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const answers = this.answers.get(unique) ?? [];
    if (answers.length !== 1) throw new Error(`${answers.length} answers`);
    return answers[0] ?? Buffer.of();
  }
}

function greeted(filesystem: Filesystem = new MemoryFilesystem()): Kernel {
  const kernel = new Kernel(filesystem);
  kernel.give(HELLO);
  return kernel;
}

function errorOf(bytes: Buffer): number {
  return -bytes.readInt32LE(4);
}

t.test('INIT comes first, and is answered by what was agreed', async (t) => {
  const kernel = new Kernel(new MemoryFilesystem());
  t.equal(errorOf(await kernel.ask(OPCODE.GETATTR, 1n, zeros(16))), E.EIO, 'nothing before it');
  kernel.give(HELLO);
  t.equal(kernel.agreement?.minor, 45);
  t.equal(kernel.answers.get(1n)?.[0]?.readUInt32LE(20), 45);
  t.equal(errorOf(await kernel.ask(OPCODE.GETATTR, 1n, zeros(16))), 0);
});

t.test('a kernel too old is told so, and so is whoever mounts', async (t) => {
  const kernel = new Kernel(new MemoryFilesystem());
  kernel.give(request({ opcode: OPCODE.INIT, unique: 1n }, u32(7), u32(20), u32(0), u32(0)));
  t.strictSame(kernel.answers.get(1n), [answer(1n, -E.EPROTO)]);
  t.strictSame(kernel.refusals, ['this kernel speaks FUSE 7.20; 7.31 is needed']);
});

t.test('a session that takes over goes on as was agreed before', async (t) => {
  const before = greeted();
  const after = new Kernel(new MemoryFilesystem(), before.agreement);
  t.equal(errorOf(await after.ask(OPCODE.GETATTR, 1n, zeros(16))), 0);
});

t.test('a file’s life: created, written, read, listed, renamed, removed, forgotten', async (t) => {
  const filesystem = new MemoryFilesystem();
  const kernel = greeted(filesystem);
  const created = await kernel.ask(
    OPCODE.CREATE,
    1n,
    u32(0o102),
    u32(0o100644),
    u32(0o022),
    u32(0),
    name('a'),
  );
  t.equal(errorOf(created), 0);
  t.equal(created.length, 16 + 128 + 16);
  const node = created.readBigUInt64LE(16);
  const handle = created.readBigUInt64LE(16 + 128);
  const position = [u64(0), u32(5), u32(0), u64(0), u32(0), u32(0)];
  const written = await kernel.ask(OPCODE.WRITE, node, u64(handle), ...position, Buffer.from('hello'));
  t.equal(written.readUInt32LE(16), 5);
  const read = await kernel.ask(OPCODE.READ, node, u64(handle), u64(1), u32(4096), zeros(20));
  t.equal(read.toString('utf8', 16), 'ello');
  const synced = await kernel.ask(OPCODE.FSYNC, node, u64(handle), u32(0), u32(0));
  t.equal(errorOf(synced), 0);
  const opened = await kernel.ask(OPCODE.OPENDIR, 1n, u32(0), u32(0));
  const directory = opened.readBigUInt64LE(16);
  const listed = await kernel.ask(OPCODE.READDIR, 1n, u64(directory), u64(0), u32(4096), zeros(20));
  t.match(listed.toString('latin1'), /\.\.[^]*a/);
  const plus = await kernel.ask(OPCODE.READDIRPLUS, 1n, u64(directory), u64(2), u32(4096), zeros(20));
  t.equal(plus.length, 16 + 128 + 32);
  t.equal(filesystem.lookupsOf(node), 2n, 'READDIRPLUS is a lookup');
  t.equal(errorOf(await kernel.ask(OPCODE.RENAME, 1n, u64(1n), name('a'), name('b'))), 0);
  t.equal(errorOf(await kernel.ask(OPCODE.UNLINK, 1n, name('a'))), E.ENOENT);
  t.equal(errorOf(await kernel.ask(OPCODE.UNLINK, 1n, name('b'))), 0);
  t.equal(errorOf(await kernel.ask(OPCODE.RELEASE, node, u64(handle), zeros(16))), 0);
  t.equal(errorOf(await kernel.ask(OPCODE.RELEASEDIR, 1n, u64(directory), zeros(16))), 0);
  kernel.give(request({ opcode: OPCODE.FORGET, unique: 5n, node }, u64(1n)));
  kernel.give(request({ opcode: OPCODE.BATCH_FORGET, unique: 6n }, u32(1), u32(0), u64(node), u64(1n)));
  t.equal(filesystem.lookupsOf(node), 0n);
  t.equal(filesystem.openHandles, 0);
  t.notOk(kernel.answers.has(5n) || kernel.answers.has(6n), 'forgetting has no answer');
  t.strictSame(kernel.faults, []);
});

t.test('an answer that comes later does not hold up others, nor lose its request’s bytes', async (t) => {
  const kernel = greeted();
  const slow = kernel.ask(OPCODE.MKDIR, 1n, u32(0o755), u32(0), name('slow'));
  const quick = kernel.ask(OPCODE.LOOKUP, 1n, name('not there, and a name as long as that'));
  t.equal(kernel.session.pending, 1);
  t.equal((await quick).readBigUInt64LE(16), 0n, 'a missing name is node 0');
  t.equal(errorOf(await slow), 0);
  const many = Array.from({ length: 50 }, (_, index) =>
    kernel.ask(OPCODE.MKDIR, 1n, u32(0o755), u32(0), name(`d${index}`)),
  );
  for (const each of await Promise.all(many)) t.equal(errorOf(each), 0);
  t.equal(kernel.session.pending, 0);
});

t.test(
  'what nobody serves is ENOSYS, what no device takes ENOTTY, and an interrupt changes nothing',
  async (t) => {
    const kernel = greeted();
    for (const opcode of [OPCODE.ACCESS, OPCODE.BMAP, OPCODE.POLL, OPCODE.SETLK, OPCODE.SYNCFS, 999]) {
      t.equal(errorOf(await kernel.ask(opcode, 1n, zeros(48))), E.ENOSYS, String(opcode));
    }
    t.equal(errorOf(await kernel.ask(OPCODE.IOCTL, 1n, zeros(32))), E.ENOTTY);
    t.equal(errorOf(await kernel.ask(OPCODE.DESTROY, 0n)), 0);
    const slow = kernel.ask(OPCODE.MKDIR, 1n, u32(0o755), u32(0), name('d'));
    kernel.give(request({ opcode: OPCODE.INTERRUPT, unique: 8n }, u64(100n)));
    t.equal(errorOf(await slow), 0);
    t.notOk(kernel.answers.has(8n));
  },
);

t.test('malformed requests are refused one by one, and shorter ones than a header ignored', async (t) => {
  const kernel = greeted();
  t.equal(errorOf(await kernel.ask(OPCODE.MKDIR, 1n, u32(0))), E.EINVAL);
  t.equal(errorOf(await kernel.ask(OPCODE.LOOKUP, 1n, Buffer.from('no end'))), E.EINVAL);
  t.doesNotThrow(() => kernel.session.receive(12));
  kernel.give(request({ opcode: OPCODE.BATCH_FORGET, unique: 6n }, u32(1000), u32(0)));
  t.strictSame(kernel.faults, ['BATCH_FORGET']);
});

t.test('failures reach the caller as their errno; what is our fault is told and answered EIO', async (t) => {
  const filesystem = new MemoryFilesystem();
  filesystem.readlink = () => {
    throw new TypeError('a mistake');
  };
  filesystem.fsync = () => Promise.reject(new TypeError('another'));
  const kernel = greeted(filesystem);
  t.equal(errorOf(await kernel.ask(OPCODE.GETATTR, 99n, zeros(16))), E.ESTALE);
  t.strictSame(kernel.faults, []);
  t.equal(errorOf(await kernel.ask(OPCODE.READLINK, 1n)), E.EIO);
  t.equal(errorOf(await kernel.ask(OPCODE.FSYNC, 1n, zeros(16))), E.EIO);
  t.strictSame(kernel.faults, ['READLINK', 'FSYNC']);
});

t.test('what an answer handed out comes back when nobody took it', async (t) => {
  const filesystem = new MemoryFilesystem();
  const kernel = greeted(filesystem);
  const made = await kernel.ask(OPCODE.MKNOD, 1n, u32(0o100644), u32(0), u32(0), u32(0), name('f'));
  const node = made.readBigUInt64LE(16);
  kernel.takes = E.ENOENT;
  kernel.give(request({ opcode: OPCODE.LOOKUP, node: 1n }, name('f')));
  t.equal(filesystem.lookupsOf(node), 1n);
  kernel.give(request({ opcode: OPCODE.OPEN, node }, u32(0), u32(0)));
  kernel.give(request({ opcode: OPCODE.OPENDIR, node: 1n }, u32(0), u32(0)));
  kernel.give(request({ opcode: OPCODE.CREATE, node: 1n }, zeros(16), name('g')));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(filesystem.openHandles, 0);
  kernel.takes = 0;
  const again = await kernel.ask(OPCODE.LOOKUP, 1n, name('g'));
  t.equal(filesystem.lookupsOf(again.readBigUInt64LE(16)), 1n);
});

t.test('attributes: their size when asked for, ERANGE when there is too little room', async (t) => {
  const kernel = greeted();
  const value = [u32(5), u32(0), u32(0), u32(0), name('user.a'), Buffer.from('hello')];
  t.equal(errorOf(await kernel.ask(OPCODE.SETXATTR, 1n, ...value)), 0);
  const size = await kernel.ask(OPCODE.GETXATTR, 1n, u32(0), u32(0), name('user.a'));
  t.equal(size.readUInt32LE(16), 5);
  t.equal(errorOf(await kernel.ask(OPCODE.GETXATTR, 1n, u32(4), u32(0), name('user.a'))), E.ERANGE);
  const got = await kernel.ask(OPCODE.GETXATTR, 1n, u32(5), u32(0), name('user.a'));
  t.equal(got.toString('utf8', 16), 'hello');
  t.equal((await kernel.ask(OPCODE.LISTXATTR, 1n, u32(64), u32(0))).toString('utf8', 16), 'user.a\0');
  t.equal(errorOf(await kernel.ask(OPCODE.REMOVEXATTR, 1n, name('user.a'))), 0);
  t.equal(errorOf(await kernel.ask(OPCODE.GETXATTR, 1n, u32(5), u32(0), name('user.a'))), E.ENODATA);
});

t.test('an access list that takes set-group-ID away does', async (t) => {
  const filesystem = new MemoryFilesystem();
  const kernel = greeted(filesystem);
  const made = await kernel.ask(OPCODE.MKNOD, 1n, u32(0o102755), u32(0), u32(0), u32(0), name('f'));
  const node = made.readBigUInt64LE(16);
  const acl = [name('system.posix_acl_access'), Buffer.from('acl')];
  await kernel.ask(OPCODE.SETXATTR, node, u32(3), u32(0), u32(0), u32(0), ...acl);
  t.equal(filesystem.getattr(node, undefined).attributes.mode, 0o102755);
  await kernel.ask(OPCODE.SETXATTR, node, u32(3), u32(0), u32(1), u32(0), ...acl);
  t.equal(filesystem.getattr(node, undefined).attributes.mode, 0o100755);
});

t.test('a handle kept elsewhere finds its node and the directory it is in', async (t) => {
  const kernel = greeted();
  const made = await kernel.ask(OPCODE.MKDIR, 1n, u32(0o755), u32(0), name('d'));
  const node = made.readBigUInt64LE(16);
  t.equal((await kernel.ask(OPCODE.LOOKUP, node, name('.'))).readBigUInt64LE(16), node);
  t.equal((await kernel.ask(OPCODE.LOOKUP, node, name('..'))).readBigUInt64LE(16), 1n);
  t.equal(errorOf(await kernel.ask(OPCODE.LOOKUP, 99n, name('.'))), E.ESTALE);
});

t.test('with passthrough an open carries the backing file, and never KEEP_CACHE', async (t) => {
  const filesystem = new MemoryFilesystem();
  const plain = filesystem.open.bind(filesystem);
  filesystem.open = (node, flags) => ({ ...plain(node, flags), fd: 5, keepCache: true });
  const kernel = greeted(filesystem);
  const made = await kernel.ask(OPCODE.MKNOD, 1n, u32(0o100644), u32(0), u32(0), u32(0), name('f'));
  const node = made.readBigUInt64LE(16);
  const reader = await kernel.ask(OPCODE.OPEN, node, u32(0), u32(0));
  t.equal(reader.readUInt32LE(24), FOPEN.PASSTHROUGH | FOPEN.NOFLUSH);
  t.strictSame([...kernel.lent], [reader.readInt32LE(28)]);
  t.strictSame(kernel.changed, [1n], 'the directory got an entry, and nothing else changed');
  const writer = await kernel.ask(OPCODE.OPEN, node, u32(2), u32(0));
  t.equal(writer.readUInt32LE(24), FOPEN.PASSTHROUGH);
  t.equal(writer.readInt32LE(28), reader.readInt32LE(28));
  t.strictSame(kernel.changed, [1n, node], 'a writer’s node is asked about from now on');
  for (const open of [reader, writer]) {
    await kernel.ask(OPCODE.RELEASE, node, u64(open.readBigUInt64LE(16)), zeros(16));
  }
  t.equal(kernel.lent.size, 0);
});

t.test('a cached open keeps its pages only when they are still the content', async (t) => {
  const filesystem = new MemoryFilesystem();
  const plain = filesystem.open.bind(filesystem);
  filesystem.open = (node, flags) => ({ ...plain(node, flags), keepCache: flags === 0 });
  const kernel = greeted(filesystem);
  const made = await kernel.ask(OPCODE.MKNOD, 1n, u32(0o100644), u32(0), u32(0), u32(0), name('f'));
  const node = made.readBigUInt64LE(16);
  const reader = await kernel.ask(OPCODE.OPEN, node, u32(0), u32(0));
  t.equal(reader.readUInt32LE(24), FOPEN.KEEP_CACHE | FOPEN.NOFLUSH);
  const writer = await kernel.ask(OPCODE.OPEN, node, u32(1), u32(0));
  t.equal(writer.readUInt32LE(24), 0);
  t.equal(kernel.lent.size, 0);
});

t.test('names of a directory are kept only while somebody tells when they change', async (t) => {
  let told = false;
  const filesystem = Object.assign(new MemoryFilesystem(), { listingStays: () => told });
  const kernel = greeted(filesystem);
  const flags = async (): Promise<number> =>
    (await kernel.ask(OPCODE.OPENDIR, 1n, u32(0), u32(0))).readUInt32LE(24);
  t.equal(await flags(), 0);
  told = true;
  t.equal(await flags(), FOPEN.CACHE_DIR | FOPEN.KEEP_CACHE);
});

t.test('closing is not asked about where it does nothing', async (t) => {
  const filesystem = Object.assign(new MemoryFilesystem(), { flushes: false });
  const kernel = greeted(filesystem);
  const made = await kernel.ask(OPCODE.MKNOD, 1n, u32(0o100644), u32(0), u32(0), u32(0), name('f'));
  const writer = await kernel.ask(OPCODE.OPEN, made.readBigUInt64LE(16), u32(1), u32(0));
  t.equal(writer.readUInt32LE(24), FOPEN.NOFLUSH);
});

t.test('after close nothing is written, and close waits for what was begun', async (t) => {
  const kernel = greeted();
  const unique = 500n;
  kernel.give(request({ opcode: OPCODE.MKDIR, unique, node: 1n }, u32(0o755), u32(0), name('d')));
  t.equal(kernel.session.pending, 1);
  await kernel.session.close();
  t.equal(kernel.session.pending, 0);
  t.notOk(kernel.answers.has(unique));
  await kernel.session.close();
});

t.test('attributes that change by a call are told of before it is answered', async (t) => {
  const filesystem = new MemoryFilesystem();
  const kernel = greeted(filesystem);
  const made = await kernel.ask(OPCODE.MKDIR, 1n, u32(0o755), u32(0), name('d'));
  const directory = made.readBigUInt64LE(16);
  await kernel.ask(OPCODE.MKNOD, directory, u32(0o100644), u32(0), u32(0), u32(0), name('f'));
  t.strictSame(kernel.changed, [1n, directory]);
  const before = kernel.changed.length;
  await kernel.ask(OPCODE.LOOKUP, directory, name('f'));
  await kernel.ask(OPCODE.GETATTR, directory, zeros(16));
  t.equal(kernel.changed.length, before, 'looking changes nothing');
  await kernel.ask(OPCODE.RENAME, directory, u64(1n), name('f'), name('g'));
  t.strictSame(kernel.changed.slice(before), [directory, 1n], 'both directories');
  await kernel.ask(OPCODE.UNLINK, 1n, name('g'));
  t.equal(kernel.changed.at(-1), 1n);
});
