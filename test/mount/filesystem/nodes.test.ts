import t from 'tap';
import type { Bucket } from '../../../lib/store/bucket.js';
import { ROOT } from '../../../mount/filesystem/filesystem.js';
import { Identity } from '../../../mount/filesystem/identity.js';
import type { Node } from '../../../mount/filesystem/node.js';
import { type Found, Nodes } from '../../../mount/filesystem/nodes.js';

const DIRECTORY = 0o040755;
const FILE = 0o100644;

function found(ino: number, mode: number = FILE, generation = 0n): Found {
  return { generation, dev: 1, ino: BigInt(ino), mode, handle: undefined, anchor: undefined };
}

function nodesOfBucket(): Nodes {
  const nodes = new Nodes(new Identity([1]), found(2, DIRECTORY));
  nodes.root.bucket = { name: 'photos' } as Bucket;
  return nodes;
}

t.test('a node is there from its first lookup to the last that is given back', async (t) => {
  const nodes = nodesOfBucket();
  const file = nodes.hold(nodes.root, 'a', found(10));
  t.equal(nodes.hold(nodes.root, 'b', found(10)), file, 'one inode, one node');
  t.equal(nodes.get(file.id), file);
  t.equal(nodes.child(nodes.root, 'a'), file);
  t.equal(nodes.child(nodes.root, Buffer.from('b')), file);
  t.equal(nodes.byInode(1, 10n), file);
  nodes.forget(file.id, 1n);
  t.equal(nodes.tryGet(file.id), file);
  nodes.forget(file.id, 1n);
  t.equal(nodes.tryGet(file.id), undefined);
  t.equal(nodes.child(nodes.root, 'a'), undefined);
  t.throws(() => nodes.get(file.id), { code: 'ESTALE' });
  nodes.forget(file.id, 1n);
  nodes.forget(ROOT, 100n);
  t.equal(nodes.get(ROOT), nodes.root, 'the root stays');
});

t.test('a directory stays while something below it is known', async (t) => {
  const nodes = nodesOfBucket();
  const heard: string[] = [];
  nodes.onHold((node) => heard.push(`+${node.ino}`));
  nodes.onForget((node) => heard.push(`-${node.ino}`));
  const directory = nodes.hold(nodes.root, 'd', found(10, DIRECTORY));
  const file = nodes.hold(directory, 'f', found(11));
  nodes.forget(directory.id, 1n);
  t.equal(nodes.keyOf(file), 'd/f');
  t.strictSame(heard, ['+10']);
  nodes.forget(file.id, 1n);
  t.equal(nodes.size, 1);
  t.strictSame(heard, ['+10', '-10'], 'who watches directories hears of them, and of no files');
});

t.test('a name that leads elsewhere by now is that of the other node', async (t) => {
  const nodes = nodesOfBucket();
  const before = nodes.hold(nodes.root, 'a', found(10));
  const after = nodes.hold(nodes.root, 'a', found(11));
  t.equal(nodes.child(nodes.root, 'a'), after);
  t.strictSame(before.links, []);
  t.equal(nodes.keyOf(before), undefined);
  t.equal(nodes.bucketOf(before), nodes.root.bucket, 'it still belongs to its bucket');
});

t.test(
  'a number that was given to another inode is another node, which the kernel counts as one',
  async (t) => {
    const nodes = nodesOfBucket();
    const before = nodes.hold(nodes.root, 'a', found(10, FILE, 1n));
    const after = nodes.hold(nodes.root, 'b', found(10, FILE, 2n));
    t.not(after, before);
    t.equal(after.id, before.id);
    t.equal(nodes.child(nodes.root, 'a'), undefined);
    nodes.forget(after.id, 1n);
    t.equal(nodes.tryGet(after.id), after);
    nodes.forget(after.id, 1n);
    t.equal(nodes.tryGet(after.id), undefined);
  },
);

t.test('files that were handed out are remembered for a while, with their generation', async (t) => {
  const nodes = nodesOfBucket();
  for (let ino = 10; ino < 60_010; ino++) {
    nodes.forget(nodes.hold(nodes.root, 'f', found(ino, FILE, BigInt(ino))).id, 1n);
  }
  t.ok(nodes.wasHeld(60_009n, 60_009n));
  t.notOk(nodes.wasHeld(60_009n, 1n));
  t.notOk(nodes.wasHeld(10n, 10n), 'not for ever');
  t.equal(nodes.size, 1);
});

t.test('a rename moves one entry, and everything below it', async (t) => {
  const nodes = nodesOfBucket();
  const one = nodes.hold(nodes.root, 'one', found(10, DIRECTORY));
  const two = nodes.hold(nodes.root, 'two', found(11, DIRECTORY));
  const file = nodes.hold(one, 'f', found(12));
  const replaced = nodes.hold(two, 'f', found(13));
  nodes.move(one, 'f', two, 'f');
  t.equal(nodes.keyOf(file), 'two/f');
  t.equal(nodes.keyOf(replaced), undefined);
  nodes.move(nodes.root, 'two', one, 'sub');
  t.equal(nodes.keyOf(file), 'one/sub/f');
  t.equal(nodes.keyOf(one, Buffer.from('g')), 'one/g');
  nodes.move(one, 'unknown', one, 'sub');
  t.equal(nodes.child(one, 'sub'), undefined, 'what the kernel never saw may replace what it knows');
});

t.test('an exchange swaps two entries', async (t) => {
  const nodes = nodesOfBucket();
  const directory = nodes.hold(nodes.root, 'd', found(10, DIRECTORY));
  const inside = nodes.hold(directory, 'x', found(11));
  const file = nodes.hold(nodes.root, 'f', found(12));
  nodes.exchange(nodes.root, 'd', nodes.root, 'f');
  t.equal(nodes.keyOf(inside), 'f/x');
  t.equal(nodes.keyOf(file), 'd');
});

t.test('directories that others moved one into the other are still no circle', async (t) => {
  const nodes = nodesOfBucket();
  const a = nodes.hold(nodes.root, 'a', found(10, DIRECTORY));
  const b = nodes.hold(a, 'b', found(11, DIRECTORY));
  nodes.hold(b, 'a', found(10, DIRECTORY));
  for (const node of [a, b]) {
    const seen = new Set<Node>();
    for (let at: Node | undefined = node; at !== undefined; at = at.link?.parent) {
      t.notOk(seen.has(at));
      seen.add(at);
    }
  }
});

t.test('a key is the path in the bucket, when it is one', async (t) => {
  const nodes = new Nodes(new Identity([1]), { ...found(0, DIRECTORY), dev: -1 });
  const bucket = nodes.hold(nodes.root, 'photos', found(2, DIRECTORY));
  bucket.bucket = { name: 'photos' } as Bucket;
  const directory = nodes.hold(bucket, Buffer.from('Ö').toString('latin1'), found(3, DIRECTORY));
  t.equal(nodes.keyOf(directory, Buffer.from('ä.jpg')), 'Ö/ä.jpg');
  t.equal(nodes.keyOf(directory, Buffer.from([0xff])), undefined, 'not UTF-8');
  t.equal(nodes.keyOf(bucket), '');
  t.equal(nodes.keyOf(nodes.root), undefined);
  t.equal(nodes.bucketOf(directory), bucket.bucket);
  t.equal(nodes.bucketOf(nodes.root), undefined);
  t.equal(nodes.rootOf(1, 2n), bucket);
  t.equal(nodes.rootOf(1, 3n), undefined, 'no root');
});
