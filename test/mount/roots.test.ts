import t from 'tap';
import { OPTIONS } from '../lib/store/bucket-in.js';
import { rootsOf } from '../../mount/roots.js';

const plan = {
  ...OPTIONS,
  cacheBytes: 0,
  directory: '/store',
  buckets: new Map([
    ['a', '/srv/a'],
    ['b', '/srv/b'],
  ]),
};

t.test('a mount of everything shows the store and every mapped directory, the store first', async (t) => {
  t.strictSame(rootsOf(plan, undefined), ['/store', '/srv/a', '/srv/b']);
  t.strictSame(rootsOf({ ...plan, directory: undefined }, undefined), ['/srv/a', '/srv/b']);
});

t.test('a mount of one bucket shows its directory, or the store it is in', async (t) => {
  t.strictSame(rootsOf({ ...plan, directory: undefined }, 'b'), ['/srv/b']);
  t.strictSame(rootsOf(plan, 'inside'), ['/store']);
});
