/** What a store thread has, over a store of its own with an empty bucket `photos`. */
import type { Test } from 'tap';
import { Buckets } from '../../../lib/store/buckets.js';
import type { Engine } from '../../../lib/store/engine.js';
import { KnownEtags } from '../../../lib/store/known-etags.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { Snapshots } from '../../../lib/store/snapshots.js';

export function optionsIn(t: Test, options: Partial<StoreOptions> = {}): StoreOptions {
  return {
    directory: options.directory ?? t.testdir({ photos: {} }),
    buckets: new Map(),
    durability: 'none',
    owner: undefined,
    umask: undefined,
    followSymlinks: false,
    readOnly: false,
    cacheBytes: 1024 * 1024,
    ...options,
  };
}

export function engineIn(t: Test, options: Partial<StoreOptions> = {}): Engine {
  const buckets = new Buckets(optionsIn(t, options));
  t.teardown(() => buckets.close());
  return {
    buckets,
    listing: {
      snapshots: new Snapshots({ maxBytes: 100_000 }),
      known: new KnownEtags({ maxBytes: 100_000 }),
      report: () => undefined,
    },
  };
}
