import { readdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { tryStatPath } from '../../../lib/os/stat.js';
import { realtimeNs, setModified } from '../../../lib/os/times.js';
import { openSync, closeSync } from 'node:fs';
import { modificationTime, type Volume, volumeOf } from '../../../lib/store/volume.js';
import { tryMount } from '../os/mounted.js';
import { mountExt4 } from './volumes.js';

function probed(path: string, mayWrite = true): Volume {
  const fd = openDirectory(path);
  try {
    return volumeOf(fd, mayWrite);
  } finally {
    closeFd(fd);
  }
}

t.test('an ordinary filesystem is learned by trying, without a trace', async (t) => {
  const directory = t.testdir({});
  const volume = probed(directory);
  t.match(volume, {
    attributes: true,
    unnamed: true,
    folds: false,
    resolutionNs: 1n,
    granularityNs: 10_000_000n,
  });
  t.equal(probed(directory), volume, 'once per device');
  t.same(readdirSync(directory), []);
});

t.test('ext4 with small inodes ticks in seconds', async (t) => {
  const root = mountExt4(t, '-I', '128');
  if (root === undefined) return t.pass('this system does not mount it');
  t.match(probed(root), {
    attributes: true,
    unnamed: true,
    resolutionNs: 1_000_000_000n,
    granularityNs: 1_000_000_000n,
  });
});

t.test('ramfs has no attributes', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused !== false) return t.pass(refused);
  t.match(probed(path), { attributes: false });
});

t.test('where nothing may be written the coarsest clock is assumed', async (t) => {
  const { refused, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.pass(refused);
  t.match(probed(path, false), { unnamed: false, granularityNs: 2_000_000_000n });
  t.same(readdirSync(path), []);
});

t.test('no later edit repeats the modification time of new content', async (t) => {
  for (const root of [t.testdir({}), mountExt4(t, '-I', '128')]) {
    if (root === undefined) continue;
    const volume = probed(root);
    const path = `${root}/file`;
    for (let turn = 0; turn < 20; turn++) {
      writeFileSync(path, 'ours');
      const fd = openSync(path, 'r');
      const wanted = modificationTime(volume, realtimeNs());
      setModified(fd, wanted);
      closeSync(fd);
      const stored = tryStatPath(path)?.mtimeNs;
      t.equal(stored, wanted, 'the filesystem keeps it as it is');
      writeFileSync(path, 'edit');
      t.not(tryStatPath(path)?.mtimeNs, stored);
    }
  }
});
