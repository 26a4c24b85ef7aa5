import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { healthOf, placeOf, prepareMountpoint } from '../../../mount/kernel/mountpoint.js';
import { NEEDS_ROOT, at, emptyPlace, request, startServing } from './serving.js';

const asRoot = { skip: NEEDS_ROOT };
const silence = (): void => undefined;

function wanted(path: string, roots: readonly string[] = [], nonEmpty = false) {
  return { path, roots, nonEmpty, say: silence };
}

t.test('an empty directory will do, by any path', async (t) => {
  const directory = t.testdir({ place: {}, deep: {} });
  symlinkSync('../place', `${directory}/deep/link`);
  symlinkSync('deep/link', `${directory}/again`);
  for (const path of ['place', 'deep/../place/', 'again', 'deep/link'])
    t.equal(await prepareMountpoint(wanted(`${directory}/${path}`)), `${directory}/place`, path);
  t.equal(placeOf('/'), '/');
});

t.test('what will not do says why and what to do', async (t) => {
  const directory = t.testdir({ full: { file: '' }, file: '' });
  symlinkSync('circle', `${directory}/circle`);
  const { message, remedy } = { message: /there is no directory/, remedy: /^mkdir -p / };
  await t.rejects(prepareMountpoint(wanted(`${directory}/none`)), { message, remedy });
  await t.rejects(prepareMountpoint(wanted(`${directory}/none/below`)), { message, remedy });
  await t.rejects(prepareMountpoint(wanted(`${directory}/file`)), { message: /is not a directory/ });
  await t.rejects(prepareMountpoint(wanted(`${directory}/file/x`)), { name: 'MountError' });
  await t.rejects(prepareMountpoint(wanted(`${directory}/circle`)), { message: /circle/ });
  await t.rejects(prepareMountpoint(wanted(`${directory}/full`)), {
    message: /not empty/,
    remedy: /-o nonempty/,
  });
  t.equal(await prepareMountpoint(wanted(`${directory}/full`, [], true)), `${directory}/full`);
});

t.test('a store and its mount keep apart, whatever paths lead to them', async (t) => {
  const directory = t.testdir({ store: { inside: {} }, above: { store: {} }, beside: {} });
  symlinkSync('store', `${directory}/link`);
  const { inside, hide } = { inside: { message: /is inside/ }, hide: { message: /would hide/ } };
  const roots = [`${directory}/link`];
  await t.rejects(prepareMountpoint(wanted(`${directory}/store/inside`, roots)), inside);
  await t.rejects(prepareMountpoint(wanted(`${directory}/store`, roots, true)), inside);
  await t.rejects(prepareMountpoint(wanted(`${directory}/above`, [`${directory}/above/store`], true)), hide);
  t.equal(await prepareMountpoint(wanted(`${directory}/beside`, roots)), `${directory}/beside`);
  t.test('a bind mount is another path', asRoot, async (t) => {
    const place = emptyPlace(t);
    mkdirSync(`${place}/bound`);
    t.equal(spawnSync('mount', ['--bind', `${directory}/store`, `${place}/bound`]).status, 0);
    await t.rejects(prepareMountpoint(wanted(`${place}/bound/inside`, roots)), inside);
    spawnSync('umount', [`${place}/bound`]);
    rmdirSync(`${place}/bound`);
  });
});

t.test('a mount of ours that is alive is left alone, a dead one is replaced', asRoot, async (t) => {
  const place = emptyPlace(t);
  t.equal(await healthOf(place), 'alive', 'a plain directory');
  const first = startServing(t, request(place));
  await first.next();
  t.equal(await healthOf(place), 'alive');
  const second = startServing(t, request(place));
  t.match(await second.next(), { failed: /mounted on .* already/, remedy: `bucketree umount ${place}` });
  await first.kill();
  t.equal(await healthOf(place), 'dead');
  const third = startServing(t, request(place));
  t.match(await third.next(), { said: /lost its server/ });
  t.match(await third.next(), { place });
  t.equal(await healthOf(place), 'alive');
  await third.order('end');
  t.equal(at(place), undefined, 'nothing is below it');
});

t.test('a mount that does not answer is not waited for, nor replaced', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  await serving.order('hang');
  t.equal(await healthOf(place, 500), 'silent');
  await t.rejects(prepareMountpoint(wanted(place)), { message: /does not answer/, remedy: /umount --force/ });
});

t.test('other filesystems may be mounted over', asRoot, async (t) => {
  const place = emptyPlace(t);
  spawnSync('mount', ['-t', 'tmpfs', 'none', place]);
  t.equal(await prepareMountpoint(wanted(place)), place);
  writeFileSync(`${place}/file`, '');
  await t.rejects(prepareMountpoint(wanted(place)), { message: /not empty/ });
});
