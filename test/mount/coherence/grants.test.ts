import t from 'tap';
import { Grants } from '../../../mount/coherence/grants.js';
import { DIRECTORY, Hands, node, statOf } from './held.js';

t.test('what the kernel was not told, or not for long, it does not hold', async (t) => {
  const hands = new Hands();
  const grants = new Grants(hands);
  const file = node(2);
  const directory = node(3, DIRECTORY);
  t.equal(grants.holdsAttributes(file), false);
  t.equal(grants.holdsStale(file, statOf(2)), false);
  t.equal(grants.holdsName(directory, 'a'), false);
  grants.attributes(file, statOf(2), 60);
  grants.names(directory, 60);
  hands.ms = 60_500;
  t.ok(grants.holdsAttributes(file), 'it counts from when the answer arrived');
  t.ok(grants.holdsName(directory, 'a'));
  hands.ms = 61_001;
  t.equal(grants.holdsAttributes(file), false);
  t.equal(grants.holdsName(directory, 'a'), false);
  grants.attributes(file, statOf(2), 60);
  grants.attributes(file, statOf(2), 0);
  t.equal(grants.holdsAttributes(file), false, 'told to ask each time');
});

t.test('any difference of the stamp is stale, the same stamp is not', async (t) => {
  const grants = new Grants(new Hands());
  const file = node(2);
  grants.attributes(file, statOf(2), 60);
  t.equal(grants.holdsStale(file, statOf(2)), false);
  for (const change of [{ size: 6 }, { mtimeNs: 1_001n }, { ctimeNs: 1_001n }, { nlink: 2 }]) {
    t.ok(grants.holdsStale(file, statOf(2, change)), JSON.stringify(Object.keys(change)));
  }
  grants.taken(file);
  t.equal(grants.holdsStale(file, statOf(2, { size: 6 })), false, 'taken from it already');
});

t.test('a stamp of the same tick as its telling vouches for nothing', async (t) => {
  const hands = new Hands();
  hands.ms = 1000;
  hands.tickNs = 10_000_000n;
  const grants = new Grants(hands);
  const file = node(2);
  const ctimeNs = 995_000_000n;
  grants.attributes(file, statOf(2, { ctimeNs }), 60);
  t.ok(grants.holdsStale(file, statOf(2, { ctimeNs })));
  hands.ms = 1006;
  grants.attributes(file, statOf(2, { ctimeNs }), 60);
  t.equal(grants.holdsStale(file, statOf(2, { ctimeNs })), false);
});

t.test('a name is taken once, until the directory is told of again', async (t) => {
  const grants = new Grants(new Hands());
  const directory = node(3, DIRECTORY);
  grants.names(directory, 60);
  grants.takenName(directory, 'a');
  t.equal(grants.holdsName(directory, 'a'), false);
  t.ok(grants.holdsName(directory, 'b'));
  grants.names(directory, 1);
  t.ok(grants.holdsName(directory, 'a'));
  for (let n = 0; n < 5000; n++) grants.takenName(directory, `n${n}`);
  t.ok(grants.holdsName(directory, 'n4999'), 'no more than so many are remembered');
});
