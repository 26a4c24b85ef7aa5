import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Stirred } from '../../../mount/coherence/stirred.js';
import type { Node } from '../../../mount/filesystem/node.js';
import { DIRECTORY, node } from './held.js';

t.test('a few writes are listened to, many are not, and for half a second only', async (t) => {
  const deafened: Node[] = [];
  const listened: Node[] = [];
  const stirred = new Stirred({
    deafen: (directory) => deafened.push(directory),
    listen: (directory) => listened.push(directory),
  });
  t.teardown(() => stirred.close());
  const busy = node(2, DIRECTORY);
  const calm = node(3, DIRECTORY);
  const gone = node(4, DIRECTORY);
  for (let n = 0; n < 5; n++) stirred.heard(calm);
  for (let n = 0; n < 1000; n++) for (const each of [busy, gone]) stirred.heard(each);
  stirred.forget(gone);
  t.strictSame(deafened, [busy, gone], 'once each');
  t.ok(stirred.has(busy));
  t.equal(stirred.has(calm), false);
  t.equal(stirred.has(gone), false);
  const keepAlive = setInterval(() => undefined, 100);
  while (listened.length === 0) await sleep(10);
  clearInterval(keepAlive);
  t.strictSame(listened, [busy]);
  t.equal(stirred.has(busy), false);
  stirred.heard(busy);
  t.equal(stirred.has(busy), false, 'counted anew');
});
