import t from 'tap';
import { openAccounts } from '../../cli/accounts.js';
import { parseBucketMapping } from '../../cli/bucket-mapping.js';
import { createLog } from '../../cli/log.js';
import { mountBeside, mountFault, mountStore, rootBucket } from '../../cli/mounting.js';
import { resolveSettings } from '../../cli/settings.js';
import { planStore } from '../../cli/store-plan.js';
import { MountError } from '../../mount/kernel/mount-error.js';

const log = createLog({
  format: 'text',
  level: 'error',
  colour: false,
  buffered: false,
  write: () => undefined,
});

const accounts = openAccounts({ path: undefined, parents: false }, undefined, () => undefined);

t.test('the root is the bucket named, or the only one there is', async (t) => {
  const store = t.testdir({ photos: {} });
  const root = (directory: string | undefined, ...texts: readonly string[]): string | undefined =>
    rootBucket(
      texts.map((text) => parseBucketMapping(text, store)),
      directory,
    );
  t.equal(root(store), undefined, 'the buckets are');
  t.equal(root(store, 'photos'), 'photos');
  t.equal(root(undefined, 'pics=photos'), 'pics');
  t.equal(root(undefined, 'pics=photos', 'more=photos'), undefined);
  t.equal(root(undefined, 'pics=photos', 'more=photos', 'more'), 'more');
  t.equal(root(store, 'pics=photos'), undefined, 'beside those of the store');
  t.throws(() => root(store, 'photos', 'other'), { exitCode: 2, message: /both be the root/ });
  t.throws(() => root(undefined, 'photos'), { message: /no directory/, remedy: /photos=DIR/ });
  t.throws(() => root(store, 'absent'), { exitCode: 1, message: /no bucket absent/, remedy: /^mkdir / });
});

t.test('why there is no mount is told as commands tell it', async (t) => {
  const directory = t.testdir({ store: { photos: {} } });
  const { values } = resolveSettings(new Map([['directory', ['store']]]), { env: {}, directory });
  const plan = planStore(values);
  const inside = {
    plan,
    mountpoint: `${directory}/store/photos`,
    bucket: undefined,
    values,
    accounts: () => accounts,
    log,
  };
  await t.rejects(mountStore(inside), {
    name: 'Fault',
    exitCode: 1,
    message: /is inside/,
    remedy: /elsewhere/,
  });
  await t.rejects(mountStore({ ...inside, mountpoint: `${directory}/none` }), {
    message: /there is no directory/,
    remedy: /^mkdir -p/,
  });
  const stranger = { ...values, as: 'nobody' };
  await t.rejects(mountStore({ ...inside, values: stranger }), { message: /no account nobody/ });
  const other = new Error('a bug');
  t.equal(mountFault(other), other);
  t.match(mountFault(new MountError('wrong', 'do this')), { name: 'Fault', remedy: 'do this' });
});

t.test('serving mounts only where that is wanted', async (t) => {
  const directory = t.testdir({ store: { photos: {} } });
  const given = new Map([['directory', ['store']]] as const);
  const { values } = resolveSettings(given, { env: {}, directory });
  t.equal(await mountBeside(values, planStore(values), accounts, log), undefined);
  const wrong = { ...values, mount: `${directory}/store` };
  await t.rejects(mountBeside(wrong, planStore(values), accounts, log), {
    name: 'Fault',
    message: /is inside/,
  });
});
