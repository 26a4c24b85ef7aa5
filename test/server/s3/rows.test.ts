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

t.test('every implemented operation is one of them, by its name and its permission', async (t) => {
  const model = new Map(MODEL.map((row) => [row.name, row]));
  for (const { name, method, resource, action } of implemented) {
    const row = model.get(name);
    t.match(row, { name, method, resource, action }, name);
  }
});

t.test('a handler changes nothing but that there is one', async (t) => {
  const handler = () => ({ status: 200 });
  const [first] = MODEL;
  const rows = withHandlers([{ ...first!, action: 's3:Other', handler }]);
  t.same(rows[0], { ...first, handler });
  t.equal(rows[1], MODEL[1]);
});
