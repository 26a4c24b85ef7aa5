import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { IN, type Inotify, type InotifyEvent, openInotify } from '../../../lib/os/inotify.js';
import { Watches, type WatchesOptions } from '../../../mount/coherence/watches.js';
import type { Node } from '../../../mount/filesystem/node.js';
import { filesystemIn } from '../filesystem/filesystem-in.js';
import { DIRECTORY, node } from './held.js';

interface Watching {
  readonly watches: Watches;
  readonly events: InotifyEvent[];
  readonly directory: string;
  held(path: string): Node;
}

function watching(t: Test, options: Partial<WatchesOptions> = {}): Watching {
  const events: InotifyEvent[] = [];
  const inotify = openInotify((seen) => events.push(...seen));
  t.teardown(() => inotify.close());
  const { directory, filesystem, kernel } = filesystemIn(t);
  for (const name of ['a', 'b', 'c']) mkdirSync(join(directory, name));
  const watches = new Watches({ inotify, limit: 100, now: () => 0, top: undefined, ...options });
  return { watches, events, directory, held: (path) => filesystem.nodes.get(kernel.lookup(path)) };
}

t.test('a watched directory tells what happens in it, until it is left', async (t) => {
  const { watches, events, directory, held } = watching(t);
  const a = held('a');
  t.equal(watches.has(a), false);
  watches.add(a);
  watches.add(a);
  t.ok(watches.has(a));
  t.equal(watches.size, 1);
  t.strictSame([...watches.nodes], [a]);
  writeFileSync(join(directory, 'a/f'), 'x');
  while (events.length < 2) await sleep(1);
  t.equal(watches.nodeOf(events[0]?.watch ?? -1), a);
  t.equal(events[0]?.name.toString(), 'f');
  watches.remove(a);
  watches.remove(a);
  t.equal(watches.size, 0);
});

t.test('writes are told one by one, or not at all', async (t) => {
  const { watches, events, directory, held } = watching(t);
  const fd = openSync(join(directory, 'a/f'), 'w');
  t.teardown(() => closeSync(fd));
  const a = held('a');
  watches.hear(a, true);
  t.equal(watches.has(a), false, 'what is not watched is not by this');
  watches.add(a);
  writeSync(fd, 'x');
  while (events.length === 0) await sleep(1);
  t.strictSame(
    events.map(({ mask }) => mask),
    [IN.MODIFY],
  );
  watches.hear(a, false);
  writeSync(fd, 'x');
  mkdirSync(join(directory, 'a/d'));
  while (events.length === 1) await sleep(1);
  t.equal(events[1]?.name.toString(), 'd');
  watches.hear(a, true);
  writeSync(fd, 'x');
  while (events.length === 2) await sleep(1);
  t.equal(events[2]?.mask, IN.MODIFY);
});

t.test('one whose directory went is forgotten', async (t) => {
  const { watches, events, directory, held } = watching(t);
  const a = held('a');
  watches.add(a);
  rmSync(join(directory, 'a'), { recursive: true });
  while (events.length < 2) await sleep(1);
  watches.ended(events[0]?.watch ?? -1);
  watches.ended(12345);
  t.equal(watches.has(a), false);
  watches.add(a);
  t.equal(watches.has(a), false, 'and cannot be watched again');
});

t.test('no more than so many', async (t) => {
  const { watches, held } = watching(t, { limit: 2 });
  for (const name of ['a', 'b', 'c']) watches.add(held(name));
  t.equal(watches.size, 2);
  t.equal(watches.has(held('c')), false);
  watches.remove(held('a'));
  watches.add(held('c'));
  t.ok(watches.has(held('c')));
});

t.test('when the system has none left it is not asked at every turn', async (t) => {
  let now = 0;
  let asked = 0;
  const inotify: Inotify = {
    add: () => {
      asked++;
      return undefined;
    },
    remove: () => undefined,
    drain: () => undefined,
    close: () => undefined,
  };
  const { watches, held } = watching(t, { inotify, now: () => now });
  for (const name of ['a', 'b', 'c']) watches.add(held(name));
  t.equal(asked, 1);
  now = 6000;
  watches.add(held('a'));
  t.equal(asked, 2);
});

t.test('the level above the buckets is the store’s directory, where there is one', async (t) => {
  const store = t.testdir({});
  const { watches, events } = watching(t, { top: store });
  const top = node(-1, DIRECTORY);
  Object.assign(top, { dev: -1 });
  watches.add(top);
  mkdirSync(join(store, 'bucket'));
  while (events.length === 0) await sleep(1);
  t.equal(watches.nodeOf(events[0]?.watch ?? -1), top);
  const { watches: without } = watching(t);
  without.add(top);
  t.equal(without.has(top), false);
});

t.test('a filesystem other machines may change is not watched', async (t) => {
  const { watches } = watching(t, { top: '/proc' });
  const top = node(-1, DIRECTORY);
  Object.assign(top, { dev: -1 });
  watches.add(top);
  t.equal(watches.has(top), false);
});
