import { lstatSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Mounts, SOCKET } from '../../../lib/store/mounts.js';
import type { Place } from '../../../lib/store/mount-wire.js';
import { Door, type DoorOptions } from '../../../mount/coherence/door.js';
import { socketDirectory } from '../../lib/store/mount-door.js';

const ROOT = 'fd00-a';

async function opened(t: Test, options: Partial<DoorOptions> = {}) {
  const said: string[] = [];
  const directory = socketDirectory(t);
  const tell = (kind: string) => (places: readonly Place[]) => {
    said.push(`${kind} ${places.map(({ path }) => path).join()}`);
    return undefined;
  };
  const door = await Door.open({
    directory,
    owner: undefined,
    at: '/mnt',
    roots: [ROOT],
    cached: true,
    publishes: (_, roots) => said.push(`publishes ${roots.join()}`),
    left: () => said.push('left'),
    changed: tell('changed'),
    flush: tell('flush'),
    ...options,
  });
  t.teardown(() => door.close());
  return { door, directory, said };
}

function publisher(t: Test, directory: string): Mounts {
  const mounts = new Mounts({ directories: [directory], publishes: () => [ROOT], report: () => undefined });
  t.teardown(() => mounts.close());
  return mounts;
}

const places = (path: string) => () => [{ root: ROOT, path }];

t.test('a publisher is heard, answered, and missed', async (t) => {
  const { directory, said } = await opened(t);
  const mounts = publisher(t, directory);
  await mounts.changed(places('a'));
  await mounts.flush(places('b'));
  t.strictSame(said, [`publishes ${ROOT}`, 'changed a', 'flush b']);
  mounts.close();
  while (!said.includes('left')) await sleep(1);
});

t.test('it answers when it is done', async (t) => {
  let done: () => void = () => undefined;
  const { directory } = await opened(t, { changed: () => new Promise((resolve) => (done = resolve)) });
  const mounts = publisher(t, directory);
  let answered = false;
  const telling = mounts.changed(places('a'))?.then(() => (answered = true));
  await sleep(50);
  t.equal(answered, false);
  done();
  await telling;
});

t.test('the socket is for its owner alone, is found only when it answers, and goes', async (t) => {
  const { door, directory } = await opened(t);
  t.match(basename(door.path), SOCKET);
  t.equal(lstatSync(door.path).mode & 0o777, 0o600);
  t.strictSame(readdirSync(directory), [basename(door.path)]);
  door.close();
  t.strictSame(readdirSync(directory), []);
});

t.test('what others left half made goes, what they are making stays', async (t) => {
  const directory = socketDirectory(t);
  const old = join(directory, '.0123456789abcdef.sock');
  const young = join(directory, '.fedcba9876543210.sock');
  const strange = join(directory, '.profile');
  for (const path of [old, young, strange]) writeFileSync(path, '');
  for (const path of [old, strange]) utimesSync(path, 1, 1);
  const { door } = await opened(t, { directory });
  t.strictSame(readdirSync(directory), [young, strange, door.path].map((path) => basename(path)).toSorted());
});

t.test('whoever speaks another language is not listened to', async (t) => {
  const { door, said } = await opened(t);
  for (const words of ['GET / HTTP/1.1\r\n\r\n', '{"v":1,"kind":"done","id":1}\n', 'x'.repeat(5_000_000)]) {
    const socket = connect(door.path);
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(words);
    const timer = setTimeout(() => t.fail('still connected'), 5000);
    await new Promise((resolve) => socket.on('close', resolve));
    clearTimeout(timer);
  }
  t.strictSame(
    said.filter((word) => word !== 'left'),
    [],
  );
});

t.test('a socket that cannot be made is an error', async (t) => {
  await t.rejects(opened(t, { directory: join('/tmp', 'x'.repeat(120)) }));
});
