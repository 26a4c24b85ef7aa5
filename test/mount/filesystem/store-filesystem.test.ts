/** The filesystem against the directory itself: any sequence of calls ends as the system's own would. */
import { constants, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { BucketName } from '../../../lib/names.js';
import { Bucket } from '../../../lib/store/bucket.js';
import { StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import { OPTIONS } from '../../lib/store/bucket-in.js';
import { LittleKernel, outcome } from './little-kernel.js';
import { NativeCalls } from './native-calls.js';
import { PLAIN_FILES } from './plain-metadata.js';

interface Step {
  readonly what: string;
  readonly path: string;
  readonly to: string;
  readonly number: number;
  readonly text: string;
  /** Done on the disk, behind the mount. */
  readonly behind: boolean;
}

const isRoot = process.getuid?.() === 0;

const NAMES = ['a', 'b', 'd', 'd/a', 'd/e', 'd/e/a', 'nö', `d/${'n'.repeat(255)}`, 'n'.repeat(256)];

const path = fc.constantFrom(...NAMES);
const CALLS = [
  'mkdir',
  'mkfifo',
  'symlink',
  'readlink',
  'link',
  'unlink',
  'rmdir',
  'rename',
  'noreplace',
  'exchange',
  'chmod',
  'chown',
  'utimes',
  'truncate',
  'edit',
  'append',
  'create',
  'exclusive',
  'names',
] as const;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...CALLS),
    path,
    to: path,
    // Whoever is not root may do less, and the kernel would have said so before: only rights to everything compare.
    number: fc.integer({ min: 0, max: 0o777 }).map((number) => (isRoot ? number : number | 0o700)),
    text: fc.string({ maxLength: 20, unit: 'binary-ascii' }),
    behind: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

const { O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NONBLOCK, O_NOFOLLOW } = constants;

const FLAGS: Readonly<Record<string, number>> = {
  edit: O_RDWR | O_NONBLOCK | O_NOFOLLOW,
  append: O_RDWR | O_APPEND | O_NONBLOCK | O_NOFOLLOW,
  create: O_RDWR | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOFOLLOW,
  exclusive: O_WRONLY | O_CREAT | O_EXCL,
};

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK } = constants;

/** undefined: nothing there. */
function typeAt(kernel: LittleKernel, name: string): number | undefined {
  try {
    return kernel.stat(name).mode & S_IFMT;
  } catch {
    return undefined;
  }
}

function leadsThroughLink(kernel: LittleKernel, name: string): boolean {
  const slash = name.lastIndexOf('/');
  if (slash === -1) return false;
  const above = name.slice(0, slash);
  return typeAt(kernel, above) === S_IFLNK || leadsThroughLink(kernel, above);
}

/** The system resolves links and opens FIFOs before it asks a filesystem: such steps are left out. */
function isKernels(kernel: LittleKernel, { what, path: name, to }: Step): boolean {
  if (leadsThroughLink(kernel, name) || leadsThroughLink(kernel, to)) return true;
  const follows = what in FLAGS || ['chmod', 'chown', 'truncate', 'names'].includes(what);
  const type = typeAt(kernel, name);
  if (type === undefined || !follows || type === S_IFREG) return false;
  return type !== S_IFDIR || what in FLAGS || what === 'truncate';
}

async function ours(kernel: LittleKernel, step: Step): Promise<unknown> {
  const { what, path: name, to, number, text } = step;
  switch (what) {
    case 'mkdir':
      return kernel.mkdir(name, number);
    case 'mkfifo':
      return kernel.mknod(name, constants.S_IFIFO | number);
    case 'symlink':
      return kernel.symlink(text === '' ? 'x' : text.replaceAll('\0', '0'), name);
    case 'readlink':
      return (kernel.stat(name).mode & S_IFMT) === S_IFLNK ? kernel.readlink(name) : 'EINVAL';
    case 'link':
      return typeAt(kernel, name) === S_IFDIR ? 'a directory' : kernel.link(name, to);
    case 'unlink':
      return kernel.unlink(name);
    case 'rmdir':
      return kernel.rmdir(name);
    case 'rename':
      return kernel.rename(name, to);
    case 'noreplace':
      return kernel.rename(name, to, 1);
    case 'exchange':
      return kernel.rename(name, to, 2);
    case 'chmod':
      return void (await kernel.setattr(name, { mode: number }));
    case 'chown':
      return void (await kernel.setattr(name, { uid: number, gid: number }));
    case 'utimes': {
      const at = BigInt(number) * 1_000_000_000n;
      return void (await kernel.setattr(name, { atimeNs: at, mtimeNs: at }));
    }
    case 'truncate':
      return void (await kernel.setattr(name, { size: number }));
    case 'names':
      return (kernel.stat(name).mode & S_IFMT) === S_IFDIR ? kernel.names(name) : 'ENOTDIR';
    default: {
      const file = await kernel.open(name, FLAGS[what] ?? 0, number);
      try {
        await kernel.write(file, text);
        return what === 'exclusive'
          ? String(kernel.fstat(file).size)
          : (await kernel.read(file)).toString('latin1');
      } finally {
        await kernel.close(file);
      }
    }
  }
}

function theirs(native: NativeCalls, step: Step): unknown {
  const { what, path: name, to, number, text } = step;
  switch (what) {
    case 'mkdir':
      return native.mkdir(name, number);
    case 'mkfifo':
      return native.mknod(name, constants.S_IFIFO | number);
    case 'symlink':
      return native.symlink(text === '' ? 'x' : text.replaceAll('\0', '0'), name);
    case 'readlink':
      return native.readlink(name);
    case 'link':
      return native.link(name, to);
    case 'unlink':
      return native.unlink(name);
    case 'rmdir':
      return native.rmdir(name);
    case 'rename':
    case 'noreplace':
    case 'exchange':
      return native.rename(name, to, ['rename', 'noreplace', 'exchange'].indexOf(what));
    case 'chmod':
      return native.chmod(name, number);
    case 'chown':
      return native.chown(name, number, number);
    case 'utimes':
      return native.utimes(name, number);
    case 'truncate':
      return native.truncate(name, number);
    case 'names':
      return native.names(name);
    default:
      return native.edit(name, FLAGS[what] ?? 0, number, text);
  }
}

/** Everything there is to see of a tree; inodes by their first name, times where a step set them. */
function tree(root: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const first = new Map<number, string>();
  const visit = (at: string): void => {
    for (const name of readdirSync(join(root, at)).sort()) {
      const below = join(at, name);
      const { ino, mode, nlink, uid, gid, size, mtimeMs } = lstatSync(join(root, below));
      if (!first.has(ino)) first.set(ino, below);
      const type = mode & constants.S_IFMT;
      found[below] = {
        same: first.get(ino),
        mode,
        nlink,
        uid,
        gid,
        size: type === constants.S_IFDIR ? 0 : size,
        set: mtimeMs < 1_000_000 ? mtimeMs : undefined,
        content: type === constants.S_IFREG ? readFileSync(join(root, below), 'latin1') : undefined,
        target: type === constants.S_IFLNK ? readlinkSync(join(root, below), 'latin1') : undefined,
      };
      if (type === constants.S_IFDIR) visit(below);
    }
  };
  visit('.');
  return found;
}

interface Circumstances {
  readonly handles: boolean;
  /** Others change the disk meanwhile. */
  readonly others: boolean;
}

async function compare(sequence: readonly Step[], { handles, others }: Circumstances): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'filesystem-'));
  const twin = mkdtempSync(join(tmpdir(), 'directory-'));
  const umask = process.umask(0o022);
  const bucket = new Bucket('photos' as BucketName, directory, true, OPTIONS);
  const filesystem = new StoreFilesystem({ root: bucket, metadata: PLAIN_FILES, handles });
  try {
    const kernel = new LittleKernel(filesystem);
    const native = new NativeCalls(twin);
    const behind = new NativeCalls(directory);
    for (const step of sequence) {
      if (isKernels(kernel, step)) continue;
      if (step.what === 'chown' && !isRoot) continue;
      const isBehind = others && step.behind && step.what !== 'link';
      const mine = await outcome(() => (isBehind ? theirs(behind, step) : ours(kernel, step)));
      if (mine === 'a directory') continue;
      const its = await outcome(() => theirs(native, step));
      if (JSON.stringify(mine) !== JSON.stringify(its)) {
        throw new Error(
          `${step.what} ${step.path} ${step.to}: ${String(mine)}, the system says ${String(its)}`,
        );
      }
      if (step.number % 5 === 0) kernel.forgetAll();
    }
    const [mine, its] = [tree(directory), tree(twin)];
    if (JSON.stringify(mine) !== JSON.stringify(its)) {
      throw new Error(`${JSON.stringify(mine, undefined, 1)}\nis not\n${JSON.stringify(its, undefined, 1)}`);
    }
    kernel.forgetAll();
    if (filesystem.nodes.size !== 1) throw new Error(`${filesystem.nodes.size} nodes are left`);
  } finally {
    process.umask(umask);
    filesystem.close();
    bucket.close();
    rmSync(directory, { recursive: true });
    rmSync(twin, { recursive: true });
  }
}

t.test('any sequence of calls does what the system itself does', async () => {
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => compare(sequence, { handles: true, others: false })),
    { numRuns: 300 },
  );
});

t.test('so it does where inodes are opened by their names', async () => {
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => compare(sequence, { handles: false, others: false })),
    { numRuns: 300 },
  );
});

for (const handles of [true, false]) {
  const how = handles ? 'handles' : 'names';
  t.test(`so it does while others change the disk behind it, by ${how}`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => compare(sequence, { handles, others: true })),
      { numRuns: 300 },
    );
  });
}
