import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { StoreError } from '../../../lib/errors.js';
import { Mounts } from '../../../lib/store/mounts.js';
import type { Place } from '../../../lib/store/mount-wire.js';
import { MountDoor, socketDirectory } from './mount-door.js';

const ROOT = 'fd00-a';
const OTHER = 'fd00-b';

function at(...paths: string[]): () => readonly Place[] {
  return () => paths.map((path) => ({ root: ROOT, path }));
}

function publisher(t: Test, directories: readonly string[]): { mounts: Mounts; reports: StoreError[] } {
  const reports: StoreError[] = [];
  const mounts = new Mounts({ directories, publishes: () => [ROOT], report: (error) => reports.push(error) });
  t.teardown(() => mounts.close());
  return { mounts, reports };
}

t.test('without a mount nobody is told, and nobody asks where', async (t) => {
  const directory = socketDirectory(t);
  const { mounts } = publisher(t, [directory, join(directory, 'missing')]);
  let asked = false;
  const places = (): readonly Place[] => {
    asked = true;
    return [];
  };
  t.equal(mounts.changed(places), undefined);
  t.equal(mounts.flush(places), undefined);
  t.equal(asked, false);
});

t.test('a mount is told before the caller goes on, also one that came a moment ago', async (t) => {
  const directory = socketDirectory(t);
  const { mounts, reports } = publisher(t, [directory]);
  t.equal(mounts.changed(at('before')), undefined);
  const door = await MountDoor.open(t, directory, [ROOT, OTHER]);
  await mounts.changed(at('a/b'));
  t.strictSame(door.changed, ['a/b'], 'heard when the promise resolves');
  t.strictSame(door.heard[0], { kind: 'publishes', roots: [ROOT] }, 'after it was told what to expect');
  await mounts.changed(at('c'));
  t.strictSame(door.changed, ['a/b', 'c']);
  t.equal(door.connections, 1, 'one connection for all of it');
  t.strictSame(reports, []);
});

t.test('a mount of something else is left alone', async (t) => {
  const directory = socketDirectory(t);
  const { mounts } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [OTHER]);
  const mine = await MountDoor.open(t, directory, [ROOT]);
  await mounts.changed(() => [
    { root: ROOT, path: 'a' },
    { root: OTHER, path: 'b' },
  ]);
  t.strictSame(door.changed, ['b']);
  t.strictSame(mine.changed, ['a']);
  await mounts.changed(at('c'));
  t.strictSame(door.changed, ['b']);
});

t.test('what comes while a mount is at work goes in one frame, each path once', async (t) => {
  const directory = socketDirectory(t);
  const { mounts } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [ROOT]);
  await mounts.changed(at('warm'));
  let release: (() => void) | undefined;
  door.onFrame = (_, answer) => {
    if (release === undefined) release = answer;
    else answer();
  };
  const first = mounts.changed(at('first'));
  const rest = Array.from({ length: 40 }, (_, n) => mounts.changed(at(`n${n % 4}`)));
  while (release === undefined) await sleep(1);
  release();
  await Promise.all([first, ...rest]);
  const frames = door.heard.filter(({ kind }) => kind === 'changed');
  t.equal(frames.length, 3);
  t.strictSame(door.changed, ['warm', 'first', 'n0', 'n1', 'n2', 'n3']);
});

t.test('many places go in several frames, all of them before the caller goes on', async (t) => {
  const directory = socketDirectory(t);
  const { mounts } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [ROOT]);
  const paths = Array.from({ length: 1234 }, (_, n) => `k${n}`);
  await mounts.changed(at(...paths));
  t.strictSame(door.changed, paths);
});

t.test('only a mount that keeps content back is asked to flush', async (t) => {
  const directory = socketDirectory(t);
  const { mounts } = publisher(t, [directory]);
  const through = await MountDoor.open(t, directory, [ROOT]);
  const cached = await MountDoor.open(t, directory, [ROOT], { cached: true });
  await mounts.flush(at('f'));
  t.strictSame(cached.places('flush'), [{ root: ROOT, path: 'f' }]);
  t.strictSame(through.places('flush'), []);
});

t.test('a mount that does not answer holds nobody up for longer than a second', async (t) => {
  const directory = socketDirectory(t);
  const { mounts, reports } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [ROOT]);
  await mounts.changed(at('warm'));
  const answers: (() => void)[] = [];
  door.onFrame = (_, answer) => answers.push(answer);
  await mounts.changed(at('late'));
  t.match(reports, [{ code: 'Busy', message: /\/mnt does not answer/ }]);
  t.equal(mounts.changed(at('meanwhile')), undefined, 'nobody waits for it again');
  door.onFrame = (_, answer) => answer();
  for (const answer of answers) answer();
  while (!door.changed.includes('meanwhile')) await sleep(1);
  await sleep(20);
  await mounts.changed(at('after'));
  t.strictSame(door.changed, ['warm', 'late', 'meanwhile', 'after'], 'nothing was lost');
  t.equal(reports.length, 1);
});

t.test('a mount that never says what it is does not either', async (t) => {
  const directory = socketDirectory(t);
  const { mounts, reports } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [ROOT], { silent: true });
  await mounts.changed(at('a'));
  await mounts.changed(at('b'));
  t.equal(reports.length, 1);
  t.match(reports[0]?.message, door.path);
});

t.test('a mount that ends is forgotten, whoever waits for it goes on', async (t) => {
  const directory = socketDirectory(t);
  const { mounts, reports } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [ROOT]);
  await mounts.changed(at('warm'));
  door.onFrame = () => void door.close();
  await mounts.changed(at('last'));
  t.equal(mounts.changed(at('nobody')), undefined);
  t.strictSame(reports, [], 'its end is no news');
});

t.test('words of another language end the conversation', async (t) => {
  const directory = socketDirectory(t);
  const { mounts } = publisher(t, [directory]);
  const door = await MountDoor.open(t, directory, [ROOT]);
  await mounts.changed(at('warm'));
  door.onFrame = () => door.say('{"v":99,"kind":"done","id":1}\n');
  await mounts.changed(at('a'));
  while (door.connections > 0) await sleep(1);
  t.pass('the connection is closed, and nobody waits');
});

t.test('the socket of a process that died is removed', async (t) => {
  const directory = socketDirectory(t);
  const path = join(directory, '0123456789abcdef.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.ok(existsSync(path));
  const { mounts } = publisher(t, [directory]);
  await mounts.changed(at('a'));
  while (existsSync(path)) await sleep(1);
  t.strictSame(readdirSync(directory), []);
  t.equal(mounts.changed(at('b')), undefined);
});

t.test('what is no socket of ours is not talked to', async (t) => {
  const directory = socketDirectory(t);
  const door = await MountDoor.open(t, directory, [ROOT]);
  rmSync(directory, { recursive: true });
  const { mounts } = publisher(t, [directory]);
  t.equal(mounts.changed(at('a')), undefined);
  t.equal(door.connections, 0);
});
