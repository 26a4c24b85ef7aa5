import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { isIn } from '../../../mount/filesystem/caller.js';
import { filesystemIn } from './filesystem-in.js';

const NOBODY = { uid: 65534, gid: 65533, pid: process.pid };
const skip = process.getuid?.() === 0 ? false : 'needs root';

t.test(
  'what somebody makes is theirs, also in a directory only their group may enter',
  { skip },
  async (t) => {
    const { directory, kernel } = filesystemIn(t);
    mkdirSync(`${directory}/d`, 0o770);
    kernel.caller = NOBODY;
    await kernel.mkdir('d/sub');
    await kernel.put('d/f', '');
    await kernel.symlink('f', 'd/link');
    await kernel.mknod('d/fifo', 0o010666);
    for (const name of ['sub', 'f', 'fifo']) {
      const { uid, gid } = statSync(`${directory}/d/${name}`);
      t.strictSame([uid, gid], [65534, 65533], name);
    }
    t.equal(process.geteuid?.(), 0);
    await kernel.put('d/g', '');
    kernel.caller = { uid: 0, gid: 0, pid: process.pid };
    await kernel.put('d/root', '');
    t.equal(statSync(`${directory}/d/root`).uid, 0, 'and nothing of it is left');
  },
);

t.test('a setgid directory gives its group, and directories the bit', { skip }, async (t) => {
  const { directory, kernel } = filesystemIn(t);
  mkdirSync(`${directory}/d`);
  chownSync(`${directory}/d`, 0, 1234);
  chmodSync(`${directory}/d`, 0o2777);
  kernel.caller = NOBODY;
  await kernel.put('d/f', '');
  await kernel.mkdir('d/sub');
  t.equal(statSync(`${directory}/d/f`).gid, 1234);
  t.equal(statSync(`${directory}/d/sub`).gid, 1234);
  t.equal(statSync(`${directory}/d/sub`).mode & 0o7777, 0o2755);
  await kernel.mknod('d/outside', 0o102755);
  t.equal(statSync(`${directory}/d/outside`).mode & 0o2000, 0, 'a setgid program is for members to make');
  kernel.caller = { ...NOBODY, alsoIn: 1234 };
  await kernel.mknod('d/member', 0o102755);
  t.equal(statSync(`${directory}/d/member`).mode & 0o2000, 0o2000);
  t.equal(statSync(`${directory}/d/member`).gid, 1234);
});

t.test('the umask is the caller’s', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  kernel.umask = 0o027;
  await kernel.put('f', '');
  await kernel.mkdir('d');
  kernel.umask = 0;
  await kernel.mknod('fifo', 0o010666);
  t.equal(statSync(`${directory}/f`).mode & 0o777, 0o640);
  t.equal(statSync(`${directory}/d`).mode & 0o777, 0o750);
  t.equal(statSync(`${directory}/fifo`).mode & 0o777, 0o666);
});

t.test('where the directory has a default ACL the umask does not apply', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  mkdirSync(`${directory}/d`);
  try {
    execFileSync('setfacl', ['-d', '-m', 'u::rwx,g::rwx,o::r', `${directory}/d`], { stdio: 'ignore' });
  } catch {
    return t.comment('no ACLs here');
  }
  kernel.umask = 0o077;
  await kernel.put('d/f', '');
  t.equal(statSync(`${directory}/d/f`).mode & 0o777, 0o664);
});

t.test(
  'a caller is in the primary group, in the one the kernel names, and in those of the process',
  async (t) => {
    t.ok(isIn({ ...NOBODY, gid: 5 }, 5));
    t.ok(isIn({ ...NOBODY, alsoIn: 6 }, 6));
    t.notOk(isIn(NOBODY, 4_000_000));
  },
);

t.test('a write by somebody else clears set-user-ID', { skip }, async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  const file = await kernel.open('f', 2);
  const writing = async (write: () => unknown): Promise<number> => {
    chmodSync(`${directory}/f`, 0o6777);
    await write();
    return statSync(`${directory}/f`).mode & 0o7777;
  };
  const bytes = Buffer.from('x');
  t.equal(await writing(() => filesystem.write(file.handle, 0, bytes, true)), 0o777);
  t.equal(await writing(() => filesystem.write(file.handle, 0, bytes, false)), 0o6777);
  t.equal(await writing(() => filesystem.fallocate(file.handle, 0, 0, 100, NOBODY)), 0o777);
  t.equal(await writing(() => filesystem.open(file.node, 0o1001, true, NOBODY)), 0o777, 'O_TRUNC');
  await kernel.close(file);
});
