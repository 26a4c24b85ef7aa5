import { readFileSync, statSync } from 'node:fs';
import t from 'tap';
import { at, emptyPlace, look } from '../mount/kernel/serving.js';
import { HELPER, NEEDS_MOUNTS, start, until } from './mounted.js';

const asRoot = { skip: NEEDS_MOUNTS };

t.test('it is a program', async (t) => {
  t.match(readFileSync(HELPER, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  t.ok(statSync(HELPER).mode & 0o100);
});

t.test('it returns when the mount is there, and the server goes on', asRoot, async (t) => {
  const directory = t.testdir({ store: { photos: { 'a.txt': 'hello' } } });
  const place = emptyPlace(t);
  const options = `ro,noexec,bucket=photos,log=${directory}/log,nofail`;
  const { done } = start(t, [`${directory}/store`, place, '-o', options], directory, HELPER);
  t.match(await done, { code: 0, stdout: '', stderr: '' });
  t.match(at(place), { type: 'fuse.bucketree', source: `${directory}/store` });
  for (const word of ['ro', 'noexec', 'nosuid', 'nodev']) t.ok(at(place)?.options.includes(word), word);
  t.match(await look('cat', `${place}/a.txt`), { code: 0, out: 'hello' });
  t.match(await look('umount', place), { code: 0 });
  for (
    let tries = 0;
    tries < 100 && !/was unmounted/.test(readFileSync(`${directory}/log`, 'utf8'));
    tries += 1
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.match(readFileSync(`${directory}/log`, 'utf8'), /was unmounted/, 'it hears of the end');
  await until(place, 'free');
});

t.test('it fails with mount’s codes and says why', async (t) => {
  const directory = t.testdir({ store: {} });
  const run = (...words: readonly string[]) => start(t, words, directory, HELPER).done;
  t.match(await run('store'), { code: 1, stderr: /^mount\.bucketree: a directory and a mountpoint/ });
  t.match(await run('store', 'none'), { code: 32, stderr: /no directory[^]*fix: mkdir -p/ });
  t.match(await run('store', 'none', '-f'), { code: 0 }, 'only pretending');
});
