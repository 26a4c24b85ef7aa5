import t from 'tap';
import { ByteCache } from '../../../lib/store/cache.js';

interface Sized {
  readonly size: number;
}

function cache(maxBytes: number): ByteCache<Sized> {
  return new ByteCache<Sized>({ maxBytes, sizeOf: ({ size }) => size });
}

t.test('what was set is found until it is deleted', (t) => {
  const kept = cache(10_000);
  const value = { size: 10 };
  kept.set('a', value);
  t.equal(kept.get('a'), value);
  t.equal(kept.get('b'), undefined);
  kept.delete('a');
  t.equal(kept.get('a'), undefined);
  t.end();
});

t.test('all together never exceed the limit, and what was used last stays', (t) => {
  const kept = cache(10_000);
  kept.set('first', { size: 2000 });
  for (let i = 0; i < 20; i++) {
    kept.set(`other ${i}`, { size: 2000 });
    t.ok(kept.get('first'), 'used each time');
    t.ok(kept.bytes <= 10_000);
  }
  t.equal(kept.get('other 0'), undefined);
  kept.clear();
  t.equal(kept.bytes, 0);
  t.end();
});

t.test('a value that can never fit is not kept, nor is the one it replaces', (t) => {
  const kept = cache(10_000);
  kept.set('a', { size: 10 });
  kept.set('a', { size: 20_000 });
  t.equal(kept.get('a'), undefined);
  t.end();
});

t.test('a cache of no bytes keeps nothing', (t) => {
  const kept = cache(0);
  kept.set('a', { size: 1 });
  t.equal(kept.get('a'), undefined);
  kept.delete('a');
  kept.clear();
  t.equal(kept.bytes, 0);
  t.end();
});
