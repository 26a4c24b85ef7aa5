/**
 * Disks that are full, over quota, read-only, broken, or gone: whoever works in the mount is told so by errno(3),
 * what was written is there, nobody waits for ever, and the server goes on.
 */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import { find, lacking, programNeeded, run, volume, volumeNeeded } from '../system/disk.js';
import { does, isWell, waiting } from './bad-day.js';
import { MODES, mounted, mountNeeded, within } from './mounted.js';

const onVolume = {
  skip: lacking(mountNeeded(), programNeeded('python3'), volumeNeeded('ext4')),
  timeout: 0,
};

for (const mode of MODES) {
  t.test(`${mode}: a full disk is ENOSPC, and what was written before is there`, onVolume, async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 24 });
    mkdirSync(join(store, 'full'));
    writeFileSync(join(store, 'full/ballast'), Buffer.alloc(2 << 20, 'x'));
    const mount = await mounted(t, { mode, store });
    const at = join(mount.at, 'full');
    const { blocks, errno } = await does(mount, 'fill', join(at, 'big'));
    t.equal(errno, 'ENOSPC');
    t.ok(Number(blocks) > 50, `${Number(blocks)} blocks were written`);
    t.equal(await does(mount, 'intact', join(at, 'big'), Number(blocks)), true, 'in the mount');
    t.equal(
      await does({ at: mount.at }, 'intact', join(store, 'full/big'), Number(blocks)),
      true,
      'on the disk',
    );
    const { client } = mount.server;
    t.equal((await client.head('full', 'big')).status, 200, 'over HTTP');
    t.equal((await client.put('full', 'more', Buffer.alloc(1 << 20))).status, 507, 'a PUT is refused');
    t.equal((await within(mount, ['rm', join(at, 'ballast')])).code, 0);
    t.same(await does(mount, 'changes', at).then(({ create, mkdir }) => [create, mkdir]), ['done', 'done']);
    await isWell(t, mount, 'full');
  });
}

t.test('a disk without inodes is ENOSPC', onVolume, async (t) => {
  const store = volume(t, 'ext4', { mebibytes: 24, make: ['-N', '64'] });
  mkdirSync(join(store, 'full'));
  const mount = await mounted(t, { store });
  const at = join(mount.at, 'full');
  const told = await does(mount, 'hold', at, 200);
  t.equal(told['ended'], 'ENOSPC');
  t.equal(told['right'], told['open']);
  t.equal((await within(mount, ['mkdir', join(mount.at, 'bucket-new')])).code, 1, 'no bucket either');
  t.equal((await within(mount, ['bash', '-c', `rm ${at}/1*`])).code, 0);
  await isWell(t, mount, 'full');
});

t.test(
  'over quota is EDQUOT',
  { skip: lacking(mountNeeded(), programNeeded('python3'), volumeNeeded('btrfs')), timeout: 0 },
  async (t) => {
    const store = volume(t, 'btrfs', { mebibytes: 256 });
    mkdirSync(join(store, 'quota'));
    run(find('btrfs') ?? '', 'quota', 'enable', store);
    run(find('btrfs') ?? '', 'qgroup', 'limit', '16M', store);
    const mount = await mounted(t, { store });
    const at = join(mount.at, 'quota');
    const { blocks, errno } = await does(mount, 'fill', join(at, 'big'));
    t.equal(errno, 'EDQUOT');
    t.equal(await does(mount, 'intact', join(at, 'big'), Number(blocks)), true);
    run(find('btrfs') ?? '', 'qgroup', 'limit', 'none', store);
    await isWell(t, mount, 'quota');
  },
);

for (const mode of MODES) {
  t.test(
    `${mode}: a disk that turned read-only is EROFS for every change, and is read on`,
    onVolume,
    async (t) => {
      const store = volume(t, 'ext4', { mebibytes: 24, mount: 'errors=remount-ro' });
      mkdirSync(join(store, 'bucket/directory'), { recursive: true });
      writeFileSync(join(store, 'bucket/file'), 'content');
      const mount = await mounted(t, { mode, store });
      const at = join(mount.at, 'bucket');
      t.equal((await within(mount, ['cat', join(at, 'file')])).output, 'content');
      run('sync', '-f', store);
      const device = basename(run('findmnt', '-n', '-o', 'SOURCE', '--mountpoint', store).trim());
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
      const told = await does(mount, 'changes', at);
      for (const [change, outcome] of Object.entries(told)) t.equal(outcome, 'EROFS', change);
      const read = await within(mount, ['bash', '-c', `cat ${at}/file; echo; ls ${at}; ls ${mount.at}`]);
      t.equal(read.output, 'content\ndirectory\nfile\nbucket\n');
      t.equal((await mount.server.client.get('bucket', 'file')).text, 'content', 'GET');
    },
  );

  t.test(`${mode}: a disk that cannot be read is EIO`, onVolume, async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 32 });
    mkdirSync(join(store, 'broken'));
    writeFileSync(join(store, 'broken/small'), 'content');
    writeFileSync(join(store, 'broken/big'), Buffer.alloc(20 << 20, 'content '));
    run('sync', '-f', store);
    const mount = await mounted(t, { mode, store });
    const at = join(mount.at, 'broken');
    // The device ends where the image does. What was read before is not asked for again.
    run('dd', `of=${join(store, 'broken/big')}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0');
    truncateSync(join(dirname(store), 'image'), 8 << 20);
    const { code, output } = await within(mount, ['bash', '-c', `cat ${at}/big | wc -c`]);
    t.match(output, /Input\/output error/);
    t.equal(code, 0);
    const got = await mount.server.client.get('broken', 'big');
    t.ok(got.cut || got.status === 500, 'a GET is cut or refused');
    const other = await within(mount, ['cat', join(at, 'small')]);
    t.equal(other.output, 'content', 'what can be read is');
  });

  t.test(`${mode}: a disk unmounted underneath: errors, and nobody waits`, onVolume, async (t) => {
    const store = volume(t, 'ext4', { mebibytes: 24 });
    mkdirSync(join(store, 'gone'));
    writeFileSync(join(store, 'gone/file'), 'content');
    const mount = await mounted(t, { mode, store });
    const at = join(mount.at, 'gone');
    const { goOn } = await waiting(t, mount, 'busy', at);
    t.equal((await mount.server.client.get('gone', 'file')).text, 'content');
    run('umount', '-l', store);
    for (let round = 0; round < 3; round++) {
      const told = await does(mount, 'look', at);
      t.comment(JSON.stringify(told));
      t.notOk(Object.values(told).includes('ENOSYS'));
      await within(mount, ['ls', '-l', mount.at]);
    }
    t.ok(mount.server.running);
    const { client } = mount.server;
    for (const answer of [await client.get('gone', 'file'), await client.put('gone', 'new', 'x')])
      t.ok(answer.status >= 200 && answer.status < 600, `HTTP answers ${answer.status}`);
    t.equal((await client.ask('GET', '')).status < 600, true, 'ListBuckets answers');
    await goOn();
    t.notOk(/uncaught|unhandled/i.test(mount.server.log), mount.server.log);
    t.equal(await mount.server.stop(), 0, 'and it stops when told to');
    // For the volume's own end.
    run('mount', '-t', 'tmpfs', 'none', store);
  });
}
