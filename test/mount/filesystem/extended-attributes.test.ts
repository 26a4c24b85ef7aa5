import { chmodSync, chownSync, statSync } from 'node:fs';
import t from 'tap';
import { filesystemIn } from './filesystem-in.js';
import { outcome, ROOT_USER } from './little-kernel.js';

const name = Buffer.from('user.color');

t.test('attributes are set, read, listed and removed', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', '');
  const node = kernel.lookup('f');
  const set = (value: string, flags = 0) =>
    outcome(() => filesystem.setxattr(node, name, Buffer.from(value), flags, ROOT_USER));
  t.equal(await set('red'), undefined);
  t.equal(await set('blue', 1), 'EEXIST');
  t.equal(filesystem.getxattr(node, name).toString(), 'red');
  t.match(filesystem.listxattr(node, ROOT_USER).toString('latin1'), /(^|\0)user\.color\0/);
  await filesystem.removexattr(node, name);
  t.equal(await outcome(() => filesystem.getxattr(node, name)), 'ENODATA');
  t.equal(await set('blue', 2), 'ENODATA');
});

t.test('they are the inode’s, after its last name as well', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', '');
  const file = await kernel.open('f', 2);
  await filesystem.setxattr(file.node, name, Buffer.from('red'), 0, ROOT_USER);
  await kernel.unlink('f');
  t.equal(filesystem.getxattr(file.node, name).toString(), 'red');
  await kernel.close(file);
});

/** user::rwx, group::rwx, other::--- as the kernel has it: version 2, then tag, permissions, id of each. */
const ACL = Buffer.from('0200000001000700ffffffff04000700ffffffff20000000ffffffff', 'hex');

t.test('an ACL by somebody outside the group clears set-group-ID', async (t) => {
  if (process.getuid?.() !== 0) return t.comment('needs root');
  const { directory, kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', '');
  chownSync(`${directory}/f`, 65534, 1234);
  const set = async (gid: number): Promise<number | string> => {
    chmodSync(`${directory}/f`, 0o2770);
    const caller = { uid: 65534, gid, pid: process.pid };
    const acl = Buffer.from('system.posix_acl_access');
    const said = await outcome(() => filesystem.setxattr(kernel.lookup('f'), acl, ACL, 0, caller));
    return said ?? statSync(`${directory}/f`).mode & 0o7777;
  };
  t.equal(await set(65534), 0o770);
  t.equal(await set(1234), 0o2770);
});
