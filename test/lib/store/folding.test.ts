import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { foldsNames } from '../../../lib/store/folding.js';
import { directory, lacking, volume, volumeNeeded } from '../../system/disk.js';

function folds(path: string, mayWrite: boolean): boolean {
  const fd = openDirectory(path);
  try {
    return foldsNames(fd, mayWrite);
  } finally {
    closeFd(fd);
  }
}

t.test('a disk that keeps cases apart does not fold', async (t) => {
  const path = directory(t);
  t.equal(folds(path, true), false);
  writeFileSync(join(path, 'a'), '');
  writeFileSync(join(path, 'A'), '');
  t.equal(folds(path, true), false);
  t.same(readdirSync(path).sort(), ['A', 'a'], 'and nothing is left there');
});

t.test('exfat through FUSE folds, and is found out', { skip: lacking(volumeNeeded('exfat')) }, async (t) => {
  const path = volume(t, 'exfat', { mebibytes: 16 });
  t.equal(folds(path, true), true, 'while it is empty, by trial');
  t.same(readdirSync(path), [], 'of which nothing is left');
  mkdirSync(join(path, '.bucketree'));
  t.equal(folds(path, false), true, 'by what is there, without writing');
});
