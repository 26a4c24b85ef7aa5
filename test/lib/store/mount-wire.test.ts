import t from 'tap';
import {
  encode,
  fromMount,
  Lines,
  MAX_PLACES,
  rootId,
  toMount,
  type FromMount,
  type ToMount,
} from '../../../lib/store/mount-wire.js';

const root = rootId({ dev: 0xfd01, ino: 0x1234567890abcdefn });

t.test('a directory is known by device and inode, without losing a bit', async (t) => {
  t.equal(root, 'fd01-1234567890abcdef');
  t.not(rootId({ dev: 1, ino: 2n ** 63n }), rootId({ dev: 1, ino: 2n ** 63n + 1n }));
});

t.test('what one side says is what the other hears, whatever the names', async (t) => {
  const toMounts: ToMount[] = [
    { kind: 'publishes', roots: [root] },
    { kind: 'changed', id: 7, places: [{ root, path: 'a "b"\n\\é\u2028/💥' }] },
    { kind: 'flush', id: 8, places: [{ root, path: '' }] },
  ];
  for (const message of toMounts) {
    const [line = '', ...rest] = new Lines().take(encode(message));
    t.strictSame(toMount(line), message);
    t.strictSame(rest, [], 'a newline in a name ends no line');
  }
  const fromMounts: FromMount[] = [
    { kind: 'shows', at: '/mnt/a b', roots: [root], cached: true },
    { kind: 'done', id: 7 },
  ];
  for (const message of fromMounts) {
    t.strictSame(fromMount(new Lines().take(encode(message))[0] ?? ''), message);
  }
});

t.test('lines are put together from whatever pieces arrive', async (t) => {
  const text = encode({ kind: 'done', id: 1 }) + encode({ kind: 'done', id: 2 });
  const lines = new Lines();
  const heard = [...text].flatMap((letter) => lines.take(letter)).map(fromMount);
  t.strictSame(heard, [
    { kind: 'done', id: 1 },
    { kind: 'done', id: 2 },
  ]);
  t.throws(() => lines.take('x'.repeat(5_000_000)), /without end/);
});

t.test('anything else is refused', async (t) => {
  const bad = [
    '',
    'null',
    '[]',
    '{}',
    'not json',
    '{"v":2,"kind":"done","id":1}',
    '{"v":1,"kind":"done","id":"1"}',
    '{"v":1,"kind":"done","id":1.5}',
    '{"v":1,"kind":"shows","at":"/","roots":["../x"],"cached":false}',
    '{"v":1,"kind":"shows","at":"/","roots":"ab-cd","cached":false}',
    '{"v":1,"kind":"shows","at":7,"roots":[],"cached":false}',
    '{"v":1,"kind":"changed","id":1,"places":[{"root":"ab-cd"}]}',
    '{"v":1,"kind":"changed","id":1,"places":[null]}',
    `{"v":1,"kind":"changed","id":1,"places":[{"root":"ab-cd","path":"${'x'.repeat(5000)}"}]}`,
    JSON.stringify({
      v: 1,
      kind: 'changed',
      id: 1,
      places: Array.from({ length: MAX_PLACES + 1 }, () => ({ root, path: 'x' })),
    }),
  ];
  for (const line of bad) {
    t.throws(() => toMount(line), `to a mount: ${line.slice(0, 60)}`);
    t.throws(() => fromMount(line), `from a mount: ${line.slice(0, 60)}`);
  }
});
