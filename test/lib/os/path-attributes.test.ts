import { mkdirSync, symlinkSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { getAttribute } from '../../../lib/os/attributes.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import {
  XATTR,
  getAttributeOf,
  listAttributesOf,
  removeAttributeOf,
  setAttributeOf,
} from '../../../lib/os/path-attributes.js';

const asRoot = { skip: process.getuid?.() !== 0 && 'needs root' };

function places(t: Test): { root: number; file: number; sub: number; link: number } {
  const directory = t.testdir({ file: '' });
  mkdirSync(`${directory}/sub`);
  symlinkSync('file', `${directory}/link`);
  const root = openDirectory(directory);
  const [file = -1, sub = -1, link = -1] = ['file', 'sub', 'link'].map((name) => openAt(root, name, O.PATH));
  t.teardown(() => [root, file, sub, link].forEach(closeFd));
  return { root, file, sub, link };
}

t.test('what is set by a place is there for who opens the file', async (t) => {
  const { root, file, sub } = places(t);
  setAttributeOf(file, 'user.a', Buffer.from('one'));
  const open = openAt(root, 'file', O.RDONLY);
  t.same(getAttribute(open, 'user.a'), Buffer.from('one'));
  closeFd(open);
  t.same(getAttributeOf(file, Buffer.from('user.a')), Buffer.from('one'));
  t.same(listAttributesOf(file), Buffer.from('user.a\0'));
  setAttributeOf(sub, 'user.empty', Buffer.alloc(0));
  t.same(getAttributeOf(sub, 'user.empty'), Buffer.alloc(0));
  removeAttributeOf(file, 'user.a');
  t.equal(getAttributeOf(file, 'user.a'), undefined);
  t.same(listAttributesOf(file), Buffer.alloc(0));
});

t.test('values keep their bytes, large ones too, and answers do not share memory', async (t) => {
  const { file } = places(t);
  const large = Buffer.alloc(3500, 0xfe);
  setAttributeOf(file, 'user.large', large);
  setAttributeOf(file, Buffer.from([...Buffer.from('user.'), 0xff]), Buffer.from('x'));
  const first = getAttributeOf(file, 'user.large');
  getAttributeOf(file, Buffer.from([...Buffer.from('user.'), 0xff]));
  t.same(first, large);
  t.ok(listAttributesOf(file).includes(0xff));
});

t.test('creating and replacing are told apart', async (t) => {
  const { file } = places(t);
  t.throws(() => setAttributeOf(file, 'user.a', Buffer.from('1'), XATTR.REPLACE), { code: 'ENODATA' });
  setAttributeOf(file, 'user.a', Buffer.from('1'), XATTR.CREATE);
  t.throws(() => setAttributeOf(file, 'user.a', Buffer.from('2'), XATTR.CREATE), { code: 'EEXIST' });
  setAttributeOf(file, 'user.a', Buffer.from('2'), XATTR.REPLACE);
  t.same(getAttributeOf(file, 'user.a'), Buffer.from('2'));
  removeAttributeOf(file, 'user.a');
  t.throws(() => removeAttributeOf(file, 'user.a'), { code: 'ENODATA', syscall: 'removexattr' });
  t.throws(() => setAttributeOf(file, 'user.\0', Buffer.alloc(0)), { code: 'EINVAL' });
  t.throws(() => getAttributeOf(file, 'nonsense'), { code: 'EOPNOTSUPP' });
});

t.test('a symbolic link has attributes of its own', asRoot, async (t) => {
  const { file, link } = places(t);
  t.throws(() => setAttributeOf(link, 'user.a', Buffer.from('1')), { code: 'EPERM' });
  setAttributeOf(link, 'trusted.a', Buffer.from('1'));
  t.same(getAttributeOf(link, 'trusted.a'), Buffer.from('1'));
  t.equal(getAttributeOf(file, 'trusted.a'), undefined);
  t.same(listAttributesOf(link), Buffer.from('trusted.a\0'));
});

t.test('an access control list goes through as it is', async (t) => {
  const { sub } = places(t);
  const entry = (tag: number, rights: number, id = 0xffff_ffff): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(rights, 2);
    bytes.writeUInt32LE(id, 4);
    return bytes;
  };
  const list = [entry(1, 7), entry(2, 5, 1234), entry(4, 5), entry(0x10, 5), entry(0x20, 0)];
  const acl = Buffer.concat([Buffer.from([2, 0, 0, 0]), ...list]);
  setAttributeOf(sub, 'system.posix_acl_access', acl);
  setAttributeOf(sub, 'system.posix_acl_default', acl);
  t.same(getAttributeOf(sub, 'system.posix_acl_access'), acl);
  t.same(getAttributeOf(sub, 'system.posix_acl_default'), acl);
});
