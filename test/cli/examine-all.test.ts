import t from 'tap';
import { examineAll, type Finding } from '../../cli/examine-all.js';
import { type Flags, resolveSettings } from '../../cli/settings.js';
import { captured } from './captured.js';

function invoke(directory: string, flags: Flags): Parameters<typeof examineAll>[0] {
  const terminal = { stdout: captured(), stderr: captured({ isTerminal: true }), env: {}, directory };
  return { settings: resolveSettings(flags, terminal), arguments: [], terminal };
}

t.test('every object of store and mapped buckets is examined once, below the prefix asked for', async (t) => {
  const dir = t.testdir({ store: { photos: { a: { '1': 'x' }, b: 'yy' } }, pics: { a: { '2': 'zzz' } } });
  const flags: Flags = new Map([
    ['directory', ['store']],
    ['bucket', ['pictures=pics']],
    ['durability', ['none']],
  ]);
  const seen: Finding[] = [];
  const totals = await examineAll(invoke(dir, flags), { purpose: 'index', repair: false }, (one) =>
    seen.push(one),
  );
  t.same(
    seen.map(({ bucket, key }) => `${bucket}/${key}`),
    ['photos/a/1', 'photos/b', 'pictures/a/2'],
  );
  t.match(totals, { objects: 3, recorded: 3, bytes: 6, busy: 0 });
  const below = await examineAll(
    invoke(dir, new Map([...flags, ['prefix', ['a/']]])),
    { purpose: 'verify', repair: false },
    () => undefined,
  );
  t.match(below, { objects: 2, same: 2 });
});

t.test('a rate holds reading back, and a terminal sees how far it is', async (t) => {
  const dir = t.testdir({ photos: { a: 'x'.repeat(100), b: 'y'.repeat(100) } });
  const invocation = invoke(
    dir,
    new Map([
      ['directory', ['.']],
      ['rate', ['1000']],
    ]),
  );
  const before = performance.now();
  await examineAll(invocation, { purpose: 'index', repair: false }, () => undefined);
  t.ok(performance.now() - before >= 190, '200 bytes at 1000 a second');
  t.match((invocation.terminal.stderr as ReturnType<typeof captured>).text(), /objects, .* photos\/a/);
});

t.test('what may not be written is refused before anything is read', async (t) => {
  const dir = t.testdir({ photos: {} });
  const flags: Flags = new Map([
    ['directory', ['.']],
    ['readOnly', ['true']],
  ]);
  const nothing = (): void => undefined;
  await t.rejects(examineAll(invoke(dir, flags), { purpose: 'index', repair: false }, nothing), {
    name: 'Fault',
    message: /--read-only/,
  });
  await t.rejects(examineAll(invoke(dir, flags), { purpose: 'verify', repair: true }, nothing), {
    name: 'Fault',
    message: /--read-only/,
  });
  t.match(await examineAll(invoke(dir, flags), { purpose: 'verify', repair: false }, nothing), {
    objects: 0,
  });
});
