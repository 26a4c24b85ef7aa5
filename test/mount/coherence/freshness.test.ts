import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openInotify } from '../../../lib/os/inotify.js';
import { rootId } from '../../../lib/store/mount-wire.js';
import { WatchedFreshness } from '../../../mount/coherence/freshness.js';
import { Grants } from '../../../mount/coherence/grants.js';
import { Reach } from '../../../mount/coherence/reach.js';
import { Stirred } from '../../../mount/coherence/stirred.js';
import { Watches } from '../../../mount/coherence/watches.js';
import type { Node } from '../../../mount/filesystem/node.js';
import { filesystemIn } from '../filesystem/filesystem-in.js';
import { DIRECTORY, Hands, node, statOf } from './held.js';

function fresh(t: Test, { limit = 100, reached = true } = {}) {
  const { directory, filesystem, kernel } = filesystemIn(t);
  mkdirSync(join(directory, 'd'));
  writeFileSync(join(directory, 'd/f'), 'x');
  const inotify = openInotify(() => undefined);
  t.teardown(() => inotify.close());
  const reach = new Reach();
  const { bucket } = filesystem.nodes.root;
  if (bucket !== undefined && reached) reach.add({}, [rootId(bucket)]);
  const asked: Node[] = [];
  const stirred = new Stirred({ deafen: () => undefined, listen: () => undefined });
  t.teardown(() => stirred.close());
  let settled: boolean | undefined = true;
  const freshness = new WatchedFreshness({
    grants: new Grants(new Hands()),
    reach,
    watches: new Watches({ inotify, limit, now: () => 0, top: undefined }),
    stirred,
    store: 'a-b',
    settled: (node) => {
      asked.push(node);
      return settled;
    },
  });
  const held = (path: string): Node => filesystem.nodes.get(kernel.lookup(path));
  return {
    freshness,
    held,
    stirred,
    reach,
    asked,
    settle: (value: boolean | undefined) => (settled = value),
  };
}

const STAT = statOf(2);

t.test(
  'a minute where a publisher reaches and the directory was watched before, else a second',
  async (t) => {
    const { freshness, held } = fresh(t);
    const d = held('d');
    const f = held('d/f');
    t.equal(freshness.attributesFor(f, STAT), 1, 'its directory is not watched');
    t.equal(freshness.nameFor(d), 1, 'it was looked up before');
    t.equal(freshness.nameFor(d), 60);
    t.equal(freshness.attributesFor(f, STAT), 60);
    t.equal(freshness.attributesFor(d, STAT), 60);
    t.equal(freshness.attributesFor(held(''), STAT), 1);
    t.equal(freshness.attributesFor(held(''), STAT), 60);
  },
);

t.test('where writes go unheard, attributes are believed for a second, names as before', async (t) => {
  const { freshness, held, stirred } = fresh(t);
  const d = held('d');
  freshness.nameFor(d);
  for (let n = 0; n < 100; n++) stirred.heard(d);
  t.equal(freshness.attributesFor(held('d/f'), STAT), 1);
  t.equal(freshness.nameFor(d), 60);
});

t.test('nobody publishes: a second, and no watch is spent', async (t) => {
  const { freshness, held, reach } = fresh(t, { reached: false });
  const d = held('d');
  for (let turn = 0; turn < 3; turn++) {
    t.equal(freshness.nameFor(d), 1);
    t.equal(freshness.attributesFor(held('d/f'), STAT), 1);
  }
  const publisher = {};
  const { bucket } = held('');
  reach.add(publisher, bucket === undefined ? [] : [rootId(bucket)]);
  t.equal(freshness.nameFor(d), 1);
  t.equal(freshness.nameFor(d), 60);
  reach.remove(publisher);
  t.equal(freshness.nameFor(d), 1, 'it left');
});

t.test('no watch to be had: a second', async (t) => {
  const { freshness, held } = fresh(t, { limit: 0 });
  for (let turn = 0; turn < 3; turn++) t.equal(freshness.nameFor(held('d')), 1);
  t.equal(freshness.attributesFor(held('d/f'), STAT), 1);
});

t.test('who may be written through is asked for each time, until it has settled', async (t) => {
  const { freshness, held, asked, settle } = fresh(t);
  const d = held('d');
  freshness.nameFor(d);
  const f = held('d/f');
  f.writers = 1;
  f.written = true;
  t.equal(freshness.attributesFor(f, STAT), 0);
  t.equal(asked.length, 0, 'that is known');
  f.writers = 0;
  settle(false);
  t.equal(freshness.attributesFor(f, STAT), 0, 'a mapping is left');
  settle(true);
  t.equal(freshness.attributesFor(f, STAT), 60);
  t.equal(asked.length, 2);
  t.equal(freshness.attributesFor(f, STAT), 60);
  t.equal(asked.length, 2, 'settled is settled');
});

t.test('a file with several names is asked for each time; one without any, after a second', async (t) => {
  const { freshness, held } = fresh(t);
  freshness.nameFor(held('d'));
  t.equal(freshness.attributesFor(held('d/f'), statOf(2, { nlink: 2 })), 0);
  t.equal(freshness.attributesFor(node(99), STAT), 1);
});

t.test('the level above the buckets is reached by who publishes the store', async (t) => {
  const { freshness, reach } = fresh(t);
  const top = node(1, DIRECTORY);
  Object.assign(top, { dev: -1 });
  t.equal(freshness.nameFor(top), 1);
  reach.add({}, ['a-b']);
  t.equal(freshness.nameFor(top), 1, 'there is no directory to watch');
});
