import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Flags, resolveSettings } from '../../cli/settings.js';
import { planStore } from '../../cli/store-plan.js';

function plan(directory: string, flags: Flags): ReturnType<typeof planStore> {
  return planStore(resolveSettings(flags, { env: {}, directory }).values);
}

t.test('a plan has everything the store needs', async (t) => {
  const dir = t.testdir({ store: {}, pics: {} });
  const flags: Flags = new Map([
    ['directory', ['store']],
    ['bucket', ['pictures=pics']],
    ['durability', ['data']],
    ['umask', ['077']],
    ['cacheMemory', ['1M']],
  ]);
  t.same(plan(dir, flags), {
    directory: join(dir, 'store'),
    buckets: new Map([['pictures', join(dir, 'pics')]]),
    durability: 'data',
    owner: undefined,
    umask: 0o077,
    followSymlinks: false,
    readOnly: false,
    cacheBytes: 1024 ** 2,
  });
});

t.test('what cannot be served is named, with its remedy', async (t) => {
  const dir = t.testdir({ file: '', a: {}, b: {} });
  t.throws(() => plan(dir, new Map()), { message: 'nothing to serve', remedy: /serve DIR/ });
  t.throws(() => plan(dir, new Map([['directory', ['absent']]])), {
    message: `there is no directory ${join(dir, 'absent')}`,
    remedy: `mkdir -p ${join(dir, 'absent')}`,
  });
  t.throws(() => plan(dir, new Map([['bucket', ['pics=file']]])), { message: /file is not a directory/ });
  t.throws(() => plan(dir, new Map([['bucket', ['pics=a', 'pics=b']]])), { message: /bucket pics is both/ });
  t.throws(() => plan(dir, new Map([['bucket', ['pics']]])), {
    message: /--bucket pics is not accepted/,
    remedy: /pics=\/srv\/pics/,
  });
  t.equal(plan(dir, new Map([['bucket', ['pics=a', 'pics=a']]])).buckets.size, 1);
});

t.test('a directory we may not read says whose it is; root may', async (t) => {
  const dir = t.testdir({ closed: {} });
  chmodSync(join(dir, 'closed'), 0);
  const closed = (): unknown => plan(dir, new Map([['directory', ['closed']]]));
  if (process.getuid?.() === 0) t.doesNotThrow(closed);
  else t.throws(closed, { message: /EACCES, uid/, remedy: /setfacl/ });
});
