import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { at, emptyPlace, look } from '../../mount/kernel/serving.js';
import { bucketree } from '../captured.js';
import { NEEDS_MOUNTS, start, until } from '../mounted.js';

const asRoot = { skip: NEEDS_MOUNTS };

t.test('the buckets of a store are its directories, until a signal ends it', asRoot, async (t) => {
  const directory = t.testdir({ store: { photos: { 'a.txt': 'hello' }, music: {} } });
  const place = emptyPlace(t);
  const { child, done } = start(t, ['mount', 'store', place], directory);
  await until(place, 'mounted');
  t.match(await look('ls', place), { code: 0, out: 'music\nphotos\n' });
  t.match(await look('cat', `${place}/photos/a.txt`), { code: 0, out: 'hello' });
  t.match(await look('sh', '-c', `echo new > ${place}/music/song`), { code: 0 });
  t.equal(readFileSync(`${directory}/store/music/song`, 'utf8'), 'new\n');
  child.kill('SIGTERM');
  t.match(await done, { code: 0, stdout: /mounted .*store on / });
  t.equal(at(place), undefined);
});

t.test('a terminal that is closed unmounts', asRoot, async (t) => {
  const directory = t.testdir({ store: { photos: {} } });
  const place = emptyPlace(t);
  const { child, done } = start(t, ['mount', 'store', place], directory);
  await until(place, 'mounted');
  t.match(await look('ls', place), { code: 0 });
  child.kill('SIGHUP');
  t.match(await done, { code: 0 });
  t.equal(at(place), undefined);
});

t.test('one bucket is the root, mapped or of the store', asRoot, async (t) => {
  const directory = t.testdir({ store: { photos: { 'a.txt': 'hello' } }, Pictures: { 'b.txt': 'world' } });
  for (const [words, file, content] of [
    [['store', '--bucket', 'photos'], 'a.txt', 'hello'],
    [['--bucket', 'pics=Pictures'], 'b.txt', 'world'],
  ] as const) {
    const place = emptyPlace(t);
    const { child, done } = start(t, ['mount', ...words, '-o', 'ro', place], directory);
    await until(place, 'mounted');
    t.match(await look('ls', place), { code: 0, out: `${file}\n` });
    t.match(await look('cat', `${place}/${file}`), { code: 0, out: content });
    t.match((await look('touch', `${place}/new`)).out, /Read-only file system/);
    child.kill('SIGINT');
    t.match(await done, { code: 0 });
    t.equal(at(place), undefined);
  }
});

t.test('it goes to the background when that is wanted, and ends with its mount', asRoot, async (t) => {
  const directory = t.testdir({ store: { photos: {} } });
  const place = emptyPlace(t);
  const words = ['mount', '--daemon', '--log', 'log', '--log-format', 'json', 'store', place];
  t.match(await start(t, words, directory).done, { code: 0, stdout: '' });
  t.equal(at(place)?.type, 'fuse.bucketree');
  t.match(await start(t, words, directory).done, { code: 1, stderr: /mounted on .* already/ });
  t.match(await start(t, ['umount', place], directory).done, { code: 0 });
  await until(place, 'free');
  for (
    let tries = 0;
    tries < 100 && !readFileSync(`${directory}/log`, 'utf8').includes('unmounted');
    tries += 1
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.match(readFileSync(`${directory}/log`, 'utf8'), /was unmounted/);
});

t.test('a server that is killed leaves a dead mount, which the next start replaces', asRoot, async (t) => {
  const directory = t.testdir({ store: { photos: {} } });
  const place = emptyPlace(t);
  const first = start(t, ['mount', 'store', place], directory);
  await until(place, 'mounted');
  first.child.kill('SIGKILL');
  await first.done;
  t.match((await look('ls', place)).out, /Transport endpoint is not connected/);
  const second = start(t, ['mount', 'store', place, '--log-format', 'json'], directory);
  for (let tries = 0; tries < 200 && (await look('ls', place)).out !== 'photos\n'; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.match(await look('ls', place), { code: 0, out: 'photos\n' });
  second.child.kill('SIGTERM');
  t.match(await second.done, { code: 0, stdout: /"event":"mounted"/, stderr: /lost its server/ });
});

t.test('what is wrong is said before anything is mounted', async (t) => {
  const directory = t.testdir({ store: { photos: {} }, full: { file: '' } });
  t.match(await bucketree(['mount'], directory), { code: 2, stderr: /where to mount is missing/ });
  t.match(await bucketree(['mount', 'place'], directory), { code: 2, stderr: /what to mount is missing/ });
  t.match(await bucketree(['mount', 'absent', 'place'], directory), { code: 1, stderr: /mkdir -p/ });
  t.match(await bucketree(['mount', 'store', 'full'], directory), {
    code: 1,
    stderr: /not empty[^]*nonempty/,
  });
  t.match(await bucketree(['mount', 'store', 'store/photos'], directory), { code: 1, stderr: /is inside/ });
  t.match(await bucketree(['mount', 'store', 'full', '-o', 'nonsense'], directory), {
    code: 2,
    stderr: /none of ro/,
  });
  t.match(await bucketree(['mount', 'store', 'full', '--bucket', 'absent'], directory), {
    code: 1,
    stderr: /no bucket absent/,
  });
  mkdirSync(`${directory}/place`);
  t.notOk(existsSync(`${directory}/place/photos`));
});
