import t from 'tap';
import type { Stat } from '../../../lib/os/stat.js';
import { Grants } from '../../../mount/coherence/grants.js';
import type { Ground } from '../../../mount/coherence/ground.js';
import { Plan } from '../../../mount/coherence/planner.js';
import type { Node } from '../../../mount/filesystem/node.js';
import { DIRECTORY, hang, Hands, node, root, statOf } from './held.js';

/** A disk that is what the test says: by parent's inode and name. */
class Paper implements Ground {
  readonly entries = new Map<string, Stat>();
  readonly inodes = new Map<Node, Stat>();
  itself(of: Node): Stat | undefined {
    return this.inodes.get(of);
  }
  entry(directory: Node, name: string): Stat | undefined {
    return this.entries.get(`${directory.ino}/${name}`);
  }
  is(_directory: Node, _name: string, found: Stat, node: Node): boolean {
    return found.ino === node.ino;
  }
}

interface Scene {
  readonly top: Node;
  readonly a: Node;
  readonly f: Node;
  readonly grants: Grants;
  readonly paper: Paper;
  /** What the kernel is told after `act`, in short: `-1/a` a name, `#2` content, `@2` attributes. */
  plan(act: (plan: Plan) => void): readonly string[];
}

/** The kernel holds a/f, every attribute and every name. */
function scene(): Scene {
  const top = root();
  const a = hang(top, 'a', node(2, DIRECTORY));
  const f = hang(a, 'f', node(3));
  const grants = new Grants(new Hands());
  const paper = new Paper();
  const all = [top, a, f];
  for (const held of all) {
    const stat = statOf(Number(held.ino));
    grants.attributes(held, stat, 60);
    paper.inodes.set(held, stat);
    if (held.isDirectory) grants.names(held, 60);
  }
  paper.entries.set('1/a', statOf(2));
  paper.entries.set('2/f', statOf(3));
  const table = { byInode: (_dev: number, ino: bigint) => all.find((held) => held.ino === ino) };
  return {
    top,
    a,
    f,
    grants,
    paper,
    plan(act) {
      const plan = new Plan(grants, paper, table);
      act(plan);
      return plan.notifications.map((told) => {
        if (told.kind === 'entry') return `-${told.parent}/${told.name.toString('latin1')}`;
        return told.kind === 'inode' ? `${told.offset < 0 ? '@' : '#'}${told.node}` : 'epoch';
      });
    },
  };
}

t.test('a file replaced: its name goes, and so do its attributes, its directory is read again', async (t) => {
  const { plan, top, paper } = scene();
  paper.entries.set('2/f', statOf(9));
  t.strictSame(
    plan((p) => p.path(top, ['a', 'f'])),
    ['-2/f', '#2', '@3'],
  );
});

t.test('a file changed in place keeps its name', async (t) => {
  const { plan, top } = scene();
  t.strictSame(
    plan((p) => p.path(top, ['a', 'f'])),
    ['#2', '#3'],
  );
});

t.test('a file that appears is missing no more', async (t) => {
  const { plan, top } = scene();
  t.strictSame(
    plan((p) => p.path(top, ['a', 'new'])),
    ['-2/new', '#2'],
  );
  t.strictSame(
    plan((p) => p.path(top, ['new', 'deep', 'f'])),
    ['-1/new', '#1'],
    'below what the kernel does not hold it holds nothing',
  );
});

t.test(
  'a directory pruned loses its name, and what is below its attributes; names below go with it',
  async (t) => {
    const { plan, top, paper } = scene();
    paper.entries.delete('1/a');
    t.strictSame(
      plan((p) => p.path(top, ['a', 'f'])),
      ['-1/a', '#1', '@2', '@3'],
    );
  },
);

t.test('a directory above keeps what is still so', async (t) => {
  const { plan, top, paper } = scene();
  paper.inodes.set(top, statOf(1, { mtimeNs: 2_000n }));
  t.ok(plan((p) => p.path(top, ['a', 'f'])).includes('#1'), 'it got an entry on the way');
});

t.test('what the kernel does not hold is not told', async (t) => {
  const { plan, top, a, f, grants } = scene();
  for (const held of [top, a, f]) grants.taken(held);
  grants.takenName(a, 'new');
  t.strictSame(
    plan((p) => p.path(top, ['a', 'new'])),
    [],
  );
});

t.test('the root itself', async (t) => {
  const { plan, top } = scene();
  t.strictSame(
    plan((p) => p.path(top, [])),
    ['#1'],
  );
});

t.test('an echo of what the kernel knows takes nothing from it', async (t) => {
  const { plan, a } = scene();
  t.strictSame(
    plan((p) => p.entry(a, 'f')),
    [],
  );
  t.strictSame(
    plan((p) => p.entry(a, '#123')),
    [],
    'the name of a file without a name',
  );
});

t.test('what happened to a name behind every door is seen by its stamp', async (t) => {
  const changed = scene();
  changed.paper.entries.set('2/f', statOf(3, { size: 6 }));
  t.strictSame(
    changed.plan((p) => p.entry(changed.a, 'f')),
    ['#3'],
  );
  const replaced = scene();
  replaced.paper.entries.set('2/f', statOf(9));
  replaced.paper.inodes.set(replaced.a, statOf(2, { mtimeNs: 2_000n }));
  t.strictSame(
    replaced.plan((p) => p.entry(replaced.a, 'f')),
    ['-2/f', '#2', '@3'],
  );
  const gone = scene();
  gone.paper.entries.delete('2/f');
  t.strictSame(
    gone.plan((p) => p.entry(gone.a, 'f')),
    ['-2/f', '#2', '@3'],
  );
  const made = scene();
  made.paper.entries.set('2/new', statOf(9));
  t.strictSame(
    made.plan((p) => p.entry(made.a, 'new')),
    ['-2/new'],
  );
});

t.test('a further name of a file changes the file', async (t) => {
  const { plan, paper, top } = scene();
  paper.entries.set('1/link', statOf(3, { nlink: 2 }));
  t.strictSame(
    plan((p) => p.entry(top, 'link')),
    ['-1/link', '@3'],
  );
});

t.test('pages of an open file go with its content, whatever else the kernel holds', async (t) => {
  const { plan, paper, a, f, grants } = scene();
  grants.taken(f);
  f.opened.push(99);
  f.shown = { mtimeNs: 1_000n, size: 5 };
  t.strictSame(
    plan((p) => p.entry(a, 'f')),
    [],
  );
  paper.entries.set('2/f', statOf(3, { mtimeNs: 2_000n }));
  t.strictSame(
    plan((p) => p.entry(a, 'f')),
    ['#3'],
  );
});

t.test('a directory that cannot be looked at is asked for again', async (t) => {
  const { plan, paper, a } = scene();
  paper.inodes.delete(a);
  t.strictSame(
    plan((p) => p.compare(a)),
    ['#2'],
  );
});
