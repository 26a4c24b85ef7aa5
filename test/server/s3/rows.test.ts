import t from 'tap';
import { implemented } from '../../../server/s3/operations/index.js';
import { MODEL, withHandlers } from '../../../server/s3/rows.js';

t.test('all 112 operations are there, each once', async (t) => {
  t.equal(MODEL.length, 112);
  t.equal(new Set(MODEL.map((row) => row.name)).size, 112);
});

t.test('no two operations are selected by the same request', async (t) => {
  const selectors = MODEL.map((row) =>
    [row.method, row.resource, row.subresource, row.parameter, row.header, row.path].join(' '),
  );
  t.equal(new Set(selectors).size, 112);
});

t.test('every implemented operation is one of them, by its name, once', async (t) => {
  const names = implemented.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  for (const name of names)
    t.ok(
      MODEL.some((row) => row.name === name),
      name,
    );
});

t.test('a handler changes nothing but that there is one', async (t) => {
  const handler = () => ({ status: 200 });
  const [first] = MODEL;
  const rows = withHandlers([{ name: first!.name, handler }]);
  t.same(rows[0], { ...first, handler });
  t.equal(rows[1], MODEL[1]);
});
