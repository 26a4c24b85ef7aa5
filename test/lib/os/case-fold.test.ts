import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { foldsCase } from '../../../lib/os/case-fold.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { tryMount } from './mounted.js';

t.test('the answer, where there is one, is how the directory behaves', async (t) => {
  const directory = t.testdir({ lower: '' });
  const root = openDirectory(directory);
  const answer = foldsCase(root);
  if (answer !== undefined) t.equal(answer, existsSync(`${directory}/LOWER`));
  else t.pass('this filesystem does not tell');
  closeFd(root);
});

t.test('a directory that folds case says so', async (t) => {
  const { refused, path } = tryMount(t, 'tmpfs', '-o', 'casefold');
  const flagged = refused === false ? spawnSync('chattr', ['+F', path], { encoding: 'utf8' }) : undefined;
  // Few kernels have it: where this one has not, the directory behaves, and is told, as any other.
  const folds = flagged?.status === 0;
  if (!folds) t.comment(refused || `chattr +F: ${flagged?.stderr ?? 'is not installed'}`);
  const directory = folds ? path : t.testdir();
  writeFileSync(`${directory}/lower`, '');
  const fd = openDirectory(directory);
  t.equal(foldsCase(fd) ?? false, existsSync(`${directory}/LOWER`));
  t.equal(foldsCase(fd) ?? false, folds);
  closeFd(fd);
});

t.test('a plain tmpfs does not fold; procfs does not tell', async (t) => {
  const { refused, path } = tryMount(t, 'tmpfs');
  t.test('tmpfs', { skip: refused }, async (t) => {
    const fd = openDirectory(path);
    t.equal(foldsCase(fd), false);
    closeFd(fd);
  });
  const proc = openDirectory('/proc');
  t.equal(foldsCase(proc), undefined);
  closeFd(proc);
});

t.test('a descriptor that cannot be asked for flags is answered by its filesystem', async (t) => {
  const root = openDirectory(t.testdir({ sub: {} }));
  const sub = openAt(root, 'sub', O.PATH | O.DIRECTORY);
  t.equal(foldsCase(sub), foldsCase(root));
  t.throws(() => foldsCase(-1), { code: 'EBADF' });
  [sub, root].forEach(closeFd);
});
