/** Every object of the buckets asked for, examined one after the other: what `index` and `verify` share. */
import { type Examined, type Maintenance, openMaintenance, type Verdict } from '../lib/store/maintenance.js';
import { StoreError } from '../lib/errors.js';
import type { BucketName } from '../lib/names.js';
import type { Invocation } from './command.js';
import { Fault } from './fault.js';
import { createPace } from './pace.js';
import { createProgress } from './progress.js';
import { planStore } from './store-plan.js';

export interface Finding extends Examined {
  readonly bucket: string;
  readonly key: string;
}

export type Totals = Readonly<Record<Verdict, number>> & {
  readonly objects: number;
  readonly bytes: number;
};

/** @param onFinding called for each object, in listing order */
export async function examineAll(
  { settings: { values }, terminal }: Invocation,
  how: { readonly purpose: 'index' | 'verify'; readonly repair: boolean },
  onFinding: (finding: Finding) => void,
): Promise<Totals> {
  if (values.readOnly && (how.purpose === 'index' || how.repair)) {
    throw new Fault(2, '--read-only leaves nothing to write', 'leave it out');
  }
  const maintenance = await openMaintenance(planStore(values));
  const progress = createProgress(terminal.stderr);
  const pace = createPace(values.rate);
  const totals = {
    known: 0,
    recorded: 0,
    same: 0,
    differs: 0,
    unrecorded: 0,
    busy: 0,
    unreadable: 0,
    gone: 0,
    objects: 0,
    bytes: 0,
  };
  try {
    for (const { bucket, key } of objectsOf(maintenance, values.prefix)) {
      const examined = await maintenance.examine(bucket, key, {
        ...how,
        pace: (bytes) => {
          totals.bytes += bytes;
          progress.update({ objects: totals.objects, bytes: totals.bytes, current: `${bucket}/${key}` });
          return pace(bytes);
        },
      });
      totals.objects += 1;
      totals[examined.verdict] += 1;
      progress.update({ objects: totals.objects, bytes: totals.bytes, current: `${bucket}/${key}` });
      onFinding({ bucket, key, ...examined });
    }
  } catch (error) {
    if (error instanceof StoreError) throw new Fault(1, error.message, undefined, error);
    throw error;
  } finally {
    progress.end();
    maintenance.close();
  }
  return totals;
}

type Listed = ReturnType<Maintenance['objects']>['entries'][number];

function* objectsOf(
  maintenance: Maintenance,
  prefix: string,
): Generator<Listed & { readonly bucket: BucketName }> {
  for (const bucket of maintenance.buckets()) {
    let after = '';
    for (let truncated = true; truncated;) {
      const page = maintenance.objects(bucket, prefix, after);
      for (const entry of page.entries) yield { bucket, ...entry };
      after = page.entries.at(-1)?.key ?? '';
      truncated = page.truncated && page.entries.length > 0;
    }
  }
}
