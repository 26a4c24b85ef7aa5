import { lstatSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { SLOW_TO_FREE } from '../../../mount/filesystem/letting-go.js';
import { filesystemIn } from './filesystem-in.js';
import { outcome, ROOT_USER } from './little-kernel.js';

const NOBODY = { uid: 65534, gid: 65534, pid: process.pid };
const asRoot = process.getuid?.() === 0;

t.test('times are set to the nanosecond, one of them, both, or to now', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  writeFileSync(`${directory}/f`, '');
  const at = 1_234_567_890_123_456_789n;
  await kernel.setattr('f', { mtimeNs: at });
  const first = statSync(`${directory}/f`, { bigint: true });
  t.equal(first.mtimeNs, at);
  t.not(first.atimeNs, at);
  const { mtimeNs } = await kernel.setattr('f', { atimeNs: -1n });
  t.equal(mtimeNs, at, 'what is left out stays');
  t.equal(kernel.stat('f').atimeNs, -1n, 'before 1970');
  const before = BigInt(Date.now()) * 1_000_000n - 1_000_000_000n;
  const now = await kernel.setattr('f', { atimeNs: 'now', mtimeNs: 'now' });
  t.ok(now.mtimeNs > before && now.atimeNs > before);
});

t.test('a symbolic link has times and an owner of its own', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  symlinkSync('nowhere', `${directory}/link`);
  await kernel.setattr('link', { mtimeNs: 5_000_000_005n });
  t.equal(lstatSync(`${directory}/link`, { bigint: true }).mtimeNs, 5_000_000_005n);
  if (asRoot) {
    await kernel.setattr('link', { uid: 7, gid: 8 });
    t.equal(lstatSync(`${directory}/link`).uid, 7);
  }
});

t.test('mode and size change, with a handle and without', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  t.equal((await kernel.setattr('f', { mode: 0o640 })).mode, 0o100640);
  t.equal((await kernel.setattr('f', { size: 3 })).size, 3);
  const file = await kernel.open('f', 2);
  await filesystem.setattr(file.node, { size: 100 }, file.handle, ROOT_USER);
  t.equal(statSync(`${directory}/f`).size, 100);
  await kernel.close(file);
  t.equal(await outcome(() => kernel.setattr('f', { size: 2 ** 62 })), 'EFBIG');
});

t.test('much is freed where it keeps nobody waiting', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  truncateSync(`${directory}/f`, SLOW_TO_FREE + 100);
  const later = kernel.filesystem.setattr(kernel.lookup('f'), { size: 4 }, undefined, ROOT_USER);
  t.type(later, Promise);
  t.equal((await later).attributes.size, 4);
  t.equal(readFileSync(`${directory}/f`, 'latin1'), 'cont');
});

t.test('a change by somebody else clears set-user-ID', { skip: !asRoot && 'needs root' }, async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  const change = async (what: Parameters<typeof filesystem.setattr>[1], caller = NOBODY) => {
    await kernel.setattr('f', { mode: 0o6777 });
    await filesystem.setattr(kernel.lookup('f'), what, undefined, caller);
    return statSync(`${directory}/f`).mode & 0o7777;
  };
  t.equal(await change({ size: 1, killSetId: true }), 0o777);
  t.equal(await change({ size: 1 }, ROOT_USER), 0o6777, 'root may keep it');
  t.equal(await change({ killSetId: true }), 0o777);
  t.equal(await change({ uid: 65534 }), 0o777);
  truncateSync(`${directory}/f`, SLOW_TO_FREE + 100);
  t.equal(await change({ size: 1, killSetId: true }), 0o777, 'also where freeing takes its time');
});

t.test('a removed file still says what it is while it is open', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', 'content');
  const file = await kernel.open('f', 2);
  await kernel.unlink('f');
  t.equal(kernel.fstat(file).nlink, 0);
  t.equal(filesystem.getattr(file.node, undefined).attributes.size, 7, 'without a handle as well');
  await filesystem.setattr(file.node, { size: 1 }, undefined, ROOT_USER);
  t.equal((await kernel.read(file)).toString(), 'c');
  await kernel.close(file);
});

t.test('statfs is that of the disk', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  const { blocks, free, available, nameMax, blockSize, files } = filesystem.statfs(kernel.lookup('/'));
  t.ok(blocks > 0n && free <= blocks && available <= free && files >= 0n);
  t.equal(nameMax, 255);
  t.ok(blockSize >= 512);
});
