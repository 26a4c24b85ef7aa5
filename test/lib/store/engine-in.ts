/** What a store thread has, for tests that call its tasks directly. */
import type { Test } from 'tap';
import { Buckets } from '../../../lib/store/buckets.js';
import type { Engine } from '../../../lib/store/engine.js';
import { KnownEtags } from '../../../lib/store/known-etags.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { Snapshots } from '../../../lib/store/snapshots.js';
import { OPTIONS } from './bucket-in.js';

export function engineIn(t: Test, directory: string, options: Partial<StoreOptions> = {}): Engine {
  const buckets = new Buckets({ ...OPTIONS, directory, buckets: new Map(), cacheBytes: 0, ...options });
  t.teardown(() => buckets.close());
  return {
    buckets,
    listing: {
      snapshots: new Snapshots({ maxBytes: 100_000 }),
      known: new KnownEtags({ maxBytes: 100_000 }),
    },
  };
}
