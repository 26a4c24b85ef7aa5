import { openSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { Handles } from '../../../mount/filesystem/handles.js';
import { Node } from '../../../mount/filesystem/node.js';

function file(): Node {
  const inode = { id: 10n, generation: 0n, dev: 1, ino: 10n, handle: undefined, anchor: undefined };
  return new Node({ ...inode, mode: 0o100644 });
}

t.test('a handle is what it was opened as, until it is removed', async (t) => {
  const handles = new Handles(1);
  const node = file();
  node.links.push({ parent: node, name: 'f' });
  const fd = openSync('/dev/null', 'r+');
  const id = handles.add({ kind: 'file', node, fd, writable: true, edit: undefined });
  t.equal(handles.file(id).fd, fd);
  t.equal(handles.descriptor(id), fd);
  t.strictSame(node.opened, [fd]);
  t.equal(node.writers, 1);
  t.throws(() => handles.directory(id), { code: 'EBADF' });
  handles.remove(id);
  t.throws(() => handles.file(id), { code: 'EBADF' });
  t.equal(handles.descriptor(id), undefined);
  t.strictSame(node.opened, []);
  t.equal(node.writers, 0);
  t.throws(() => readlinkSync(`/proc/self/fd/${fd}`), { code: 'ENOENT' }, 'closed');
  handles.remove(id);
});

t.test('numbers are not those of an earlier start', async (t) => {
  const add = (handles: Handles): bigint =>
    handles.add({ kind: 'directory', node: file(), fd: undefined, listing: { read: () => undefined } });
  const before = new Handles(5);
  const after = new Handles(6);
  const old = [add(before), add(before)];
  const now = [add(after), add(after)];
  t.equal(new Set([...old, ...now]).size, 4);
  t.throws(() => after.directory(old[0] ?? 0n), { code: 'EBADF' });
  t.equal(after.size, 2);
  after.close();
  t.equal(after.size, 0);
});
