import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { examineTree } from '../../../cli/doctor/tree.js';

t.test(
  'names that are not UTF-8, links and special files are counted, below our own they are not',
  async (t) => {
    const dir = t.testdir({ photos: { 'a.jpg': '' }, '.bucketree': {} });
    const latin1 = Buffer.concat([Buffer.from(join(dir, 'photos', 'caf')), Buffer.from([0xe9])]);
    writeFileSync(latin1, '');
    writeFileSync(Buffer.concat([Buffer.from(join(dir, '.bucketree', 'x')), Buffer.from([0xff])]), '');
    symlinkSync('a.jpg', join(dir, 'photos', 'link'));
    execFileSync('mkfifo', [join(dir, 'photos', 'fifo')]);
    const found = examineTree(dir);
    t.match(found, [
      { check: 'names', level: 'note', message: /^1 names are not UTF-8 .*caf/ },
      { check: 'special', level: 'note', message: /^2 symbolic links/ },
    ]);
    t.equal(found.length, 2);
  },
);

t.test('a tree in order is said to be, with how much was looked at', async (t) => {
  const dir = t.testdir({ a: { b: { c: '' } } });
  t.match(examineTree(dir), [{ level: 'ok', message: '3 entries looked at' }]);
  mkdirSync(join(dir, 'd'));
  t.match(examineTree(dir, 1), [{ level: 'ok', message: /the first ones/ }]);
});
