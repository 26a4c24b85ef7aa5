import { renameSync, rmdirSync, unlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import type { Test } from 'tap';
import { IN, openInotify } from '../../../lib/os/inotify.js';
import type { Inotify, InotifyEvent } from '../../../lib/os/inotify.js';

const WANTED = IN.CREATE | IN.DELETE | IN.MOVED_FROM | IN.MOVED_TO | IN.CLOSE_WRITE | IN.ATTRIB | IN.ONLYDIR;

function watching(t: Test): { inotify: Inotify; events: InotifyEvent[]; seen: () => Promise<void> } {
  const events: InotifyEvent[] = [];
  let told: () => void = () => undefined;
  const inotify = openInotify((batch) => {
    events.push(...batch);
    told();
  });
  t.teardown(() => inotify.close());
  // A watch keeps nothing running, the test included.
  const running = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(running));
  return { inotify, events, seen: () => new Promise((resolve) => (told = resolve)) };
}

t.test('names come as bytes, the two halves of a rename belong together', async (t) => {
  const directory = t.testdir({ sub: {} });
  const { inotify, events, seen } = watching(t);
  const watch = inotify.add(directory, WANTED);
  t.equal(inotify.add(directory, WANTED), watch, 'one watch for one directory');
  const name = Buffer.from([0x61, 0xff, 0x62]);
  const waiting = seen();
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), 'x');
  await waiting;
  t.match(events[0], { watch, mask: IN.CREATE, cookie: 0, name });
  t.ok(events.some(({ mask }) => mask === IN.CLOSE_WRITE));
  events.length = 0;
  renameSync(`${directory}/sub`, `${directory}/exactly-sixteen.`);
  inotify.drain();
  t.match(events, [
    { mask: IN.MOVED_FROM | IN.ISDIR, name: Buffer.from('sub') },
    { mask: IN.MOVED_TO | IN.ISDIR, name: Buffer.from('exactly-sixteen.') },
  ]);
  t.not(events[0]?.cookie, 0);
  t.equal(events[0]?.cookie, events[1]?.cookie);
});

t.test('a watch ends with its directory or when it is removed', async (t) => {
  const directory = t.testdir({ file: '' });
  mkdirSync(`${directory}/sub`);
  const { inotify, events } = watching(t);
  const sub = inotify.add(`${directory}/sub`, WANTED) ?? -1;
  const top = inotify.add(Buffer.from(directory), WANTED) ?? -1;
  rmdirSync(`${directory}/sub`);
  inotify.drain();
  t.ok(events.some(({ watch, mask }) => watch === sub && (mask & IN.IGNORED) !== 0));
  inotify.remove(sub);
  inotify.remove(top);
  events.length = 0;
  unlinkSync(`${directory}/file`);
  inotify.drain();
  t.match(events, [{ watch: top, mask: IN.IGNORED }]);
  t.throws(() => inotify.add(`${directory}/none`, WANTED), { code: 'ENOENT', syscall: 'inotify_add_watch' });
  t.throws(() => inotify.add(`${directory}\0`, WANTED), { code: 'EINVAL' });
});

t.test('closing twice is fine, and inside a batch', async (t) => {
  const directory = t.testdir({});
  let batches = 0;
  const inotify = openInotify(() => {
    batches += 1;
    inotify.close();
  });
  inotify.add(directory, WANTED);
  writeFileSync(`${directory}/a`, '');
  inotify.drain();
  inotify.close();
  inotify.drain();
  t.equal(batches, 1);
});

t.test('watching keeps no process running', async (t) => {
  const url = JSON.stringify(new URL('../../../lib/os/inotify.js', import.meta.url).href);
  const text = `import { openInotify } from ${url}; openInotify(() => {}).add('/tmp', 0x100);`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', text], { timeout: 60_000 });
  t.match(run, { status: 0, signal: null });
});
