/** Files in the mount as objects: what users rely on, through the filesystem's own calls. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { Objects } from '../../../mount/filesystem/objects.js';
import { type MountedDirectory, filesystemIn } from './filesystem-in.js';
import { outcome } from './little-kernel.js';

interface Mounted extends MountedDirectory {
  pass(milliseconds: number): void;
  set(path: string, name: string, value: string): Promise<void>;
  get(path: string, name: string): Promise<string>;
}

function mounted(t: Test): Mounted {
  let now = Date.now();
  const there = filesystemIn(t, { metadata: new Objects(() => now) });
  const { kernel, filesystem } = there;
  return {
    ...there,
    pass: (milliseconds) => void (now += milliseconds),
    set: async (path, name, value) =>
      filesystem.setxattr(kernel.lookup(path), Buffer.from(name), Buffer.from(value), 0, kernel.caller),
    get: async (path, name) =>
      String(await outcome(() => filesystem.getxattr(kernel.lookup(path), Buffer.from(name)))),
  };
}

const COLOR = 'user.s3.meta.color';

t.test('metadata is seen and changed', async (t) => {
  const { kernel, filesystem, set, get } = mounted(t);
  await kernel.put('f.txt', 'content');
  await set('f.txt', COLOR, 'red');
  t.equal(await get('f.txt', COLOR), 'red');
  t.match(filesystem.listxattr(kernel.lookup('f.txt'), kernel.caller).toString('latin1'), COLOR);
  await filesystem.removexattr(kernel.lookup('f.txt'), Buffer.from(COLOR));
  t.equal(await get('f.txt', COLOR), 'ENODATA');
});

t.test('a save by rename keeps what was said of the object', async (t) => {
  const { kernel, set, get } = mounted(t);
  await kernel.put('f', 'old');
  await set('f', COLOR, 'red');
  await kernel.put('f.new', 'new');
  await kernel.rename('f.new', 'f');
  t.equal(await get('f', COLOR), 'red');
  t.equal((await kernel.content('f')).toString(), 'new');
});

t.test('so does a save in three steps, within ten seconds', async (t) => {
  const { kernel, set, get, pass } = mounted(t);
  const save = async (milliseconds: number): Promise<void> => {
    await kernel.rename('f', 'f~');
    pass(milliseconds);
    await kernel.put('f', 'new');
    await kernel.unlink('f~');
  };
  await kernel.put('f', 'old');
  await set('f', COLOR, 'red');
  await save(9000);
  t.equal(await get('f', COLOR), 'red');
  await save(11_000);
  t.equal(await get('f', COLOR), 'ENODATA');
});

t.test('an entity tag is that of the content', async (t) => {
  const { kernel, set, get, directory } = mounted(t);
  await kernel.put('f', 'old content');
  const past = 1_000_000_000_000_000_000n;
  await kernel.setattr('f', { mtimeNs: past });
  // Until the clock has ticked, a change could leave the stamp as it is.
  await new Promise((resolve) => setTimeout(resolve, 30));
  await set('f', COLOR, 'red');
  const etag = await get('f', 'user.s3.etag');
  const file = await kernel.open('f', 2);
  await kernel.close(file);
  t.equal(await get('f', 'user.s3.etag'), etag, 'opened for writing and not written');
  await kernel.put('f', 'new content');
  await kernel.setattr('f', { mtimeNs: past });
  t.not(await get('f', 'user.s3.etag'), etag, 'the time put back proves nothing');
  t.equal(await get('f', COLOR), 'red');
  writeFileSync(`${directory}/f`, 'behind the mount');
  t.ok(
    execFileSync('stat', ['-c', '%s', `${directory}/f`])
      .toString()
      .startsWith('16'),
  );
});

t.test('a directory somebody takes for their own is one', async (t) => {
  const { kernel, directory } = mounted(t);
  await kernel.mkdir('d');
  await kernel.setattr('d', { mode: 0o750 });
  await kernel.rename('d', 'e');
  await kernel.rmdir('e');
  t.throws(() => writeFileSync(`${directory}/e/f`, ''), { code: 'ENOENT' });
});

t.test('root’s own attributes are told to root alone', async (t) => {
  if (process.getuid?.() !== 0) return t.comment('needs root');
  const { kernel, filesystem } = mounted(t);
  await kernel.put('f', '');
  const node = kernel.lookup('f');
  await filesystem.setxattr(node, Buffer.from('trusted.x'), Buffer.from('1'), 0, kernel.caller);
  t.match(filesystem.listxattr(node, kernel.caller).toString(), /trusted\.x/);
  t.equal(filesystem.listxattr(node, { uid: 1000, gid: 1000, pid: process.pid }).toString(), '');
});
