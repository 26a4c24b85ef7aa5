import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { IN, type InotifyEvent, openInotify } from '../../../lib/os/inotify.js';
import { Grants } from '../../../mount/coherence/grants.js';
import { DiskGround } from '../../../mount/coherence/ground.js';
import { Observer } from '../../../mount/coherence/observer.js';
import { Plan } from '../../../mount/coherence/planner.js';
import { Stirred } from '../../../mount/coherence/stirred.js';
import { Watches } from '../../../mount/coherence/watches.js';
import type { Notification } from '../../../mount/kernel/notifications.js';
import { filesystemIn } from '../filesystem/filesystem-in.js';
import { Hands, statOf } from './held.js';

const none = Buffer.alloc(0);

t.test(
  'events are looked at together, those that come meanwhile afterwards, lost ones made up for',
  async (t) => {
    const { directory, filesystem, kernel } = filesystemIn(t);
    mkdirSync(join(directory, 'd'));
    for (const name of ['f', 'g']) writeFileSync(join(directory, 'd', name), 'x');
    const inotify = openInotify(() => undefined);
    t.teardown(() => inotify.close());
    const watches = new Watches({ inotify, limit: 10, now: () => 0, top: undefined });
    const grants = new Grants(new Hands());
    const { nodes } = filesystem;
    const d = nodes.get(kernel.lookup('d'));
    watches.add(d);
    const watch = [1, 2, 3].find((number) => watches.nodeOf(number) === d) ?? 0;
    const sent: (readonly Notification[])[] = [];
    let release: () => void = () => undefined;
    const heard: unknown[] = [];
    const stirred = new Stirred({ deafen: (each) => heard.push(each), listen: () => undefined });
    t.teardown(() => stirred.close());
    const observer = new Observer({
      watches,
      stirred,
      holds: (node) => grants.holdsAttributes(node),
      plan: () => new Plan(grants, new DiskGround(nodes.root, undefined), nodes),
      send: (notifications) => {
        sent.push(notifications);
        return new Promise((resolve) => (release = resolve));
      },
    });
    const event = (mask: number, name: string): InotifyEvent => ({
      watch,
      mask,
      cookie: 0,
      name: Buffer.from(name),
    });
    const grant = (): void => {
      for (const name of ['f', 'g']) {
        const held = nodes.get(kernel.lookup(`d/${name}`));
        grants.attributes(held, statOf(Number(held.ino)), 60);
      }
    };
    grant();
    appendFileSync(join(directory, 'd/f'), 'y');
    observer.take([event(IN.CLOSE_WRITE, 'f'), event(IN.ATTRIB, 'f'), event(IN.CLOSE_WRITE, 'f')]);
    t.equal(sent.length, 1);
    t.match(sent[0], [{ kind: 'inode', node: kernel.lookup('d/f'), offset: 0 }]);
    observer.take([event(IN.CLOSE_WRITE, 'g')]);
    observer.take([{ watch: 4711, mask: IN.CREATE, cookie: 0, name: Buffer.from('x') }]);
    t.equal(sent.length, 1, 'one after the other');
    release();
    while (sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
    t.match(sent[1], [{ kind: 'inode', node: kernel.lookup('d/g') }]);
    release();
    grant();
    await new Promise((resolve) => setImmediate(resolve));
    observer.take([{ watch: -1, mask: IN.Q_OVERFLOW, cookie: 0, name: none }]);
    t.equal(sent[2]?.length, 2, 'everything held where we watch');
    release();
    await new Promise((resolve) => setImmediate(resolve));
    grant();
    observer.search(d);
    t.equal(sent[3]?.length, 2);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    observer.search(d);
    t.equal(sent[4]?.length, 0, 'the kernel holds nothing any more');
    release();
    await new Promise((resolve) => setImmediate(resolve));
    grant();
    const f = nodes.get(kernel.lookup('d/f'));
    f.writers = 1;
    for (let n = 0; n < 100; n++) observer.take([event(IN.MODIFY, 'f'), event(IN.MODIFY, 'none')]);
    t.equal(sent.length, 5, 'who writes through the mount is known to write');
    t.strictSame(heard, [d], 'and told no more');
    f.writers = 0;
    observer.take([event(IN.MODIFY, 'f')]);
    t.match(sent[5], [{ kind: 'inode', node: f.id }]);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    observer.take([event(IN.IGNORED, '')]);
    t.equal(watches.has(d), false);
    observer.close();
    observer.take([event(IN.CREATE, 'h')]);
    t.equal(sent.length, 7);
  },
);
