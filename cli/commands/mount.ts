/** `bucketree mount`: the store as a filesystem, served by this process until it is unmounted or told to stop. */
import type { StoreOptions } from '../../lib/store/options.js';
import type { BucketName } from '../../lib/names.js';
import type { AccountsFile } from '../../lib/access/accounts-file.js';
import { accountsPlace, openAccounts } from '../accounts.js';
import { isBackground, startInBackground, tellFault, tellReady } from '../background.js';
import type { Invocation } from '../command.js';
import { type ExitCode, Fault } from '../fault.js';
import { createLog, type Log } from '../log.js';
import { mountStore, rootBucket } from '../mounting.js';
import { path } from '../option.js';
import type { OptionValues } from '../options.js';
import { exitCodeOfSignal, listenForStop } from '../stop-signals.js';
import { planStore } from '../store-plan.js';
import { printable } from '../terminal.js';

interface Wanted {
  readonly values: OptionValues;
  readonly plan: StoreOptions;
  readonly bucket: BucketName | undefined;
  readonly mountpoint: string;
}

export async function run(invocation: Invocation): Promise<ExitCode> {
  try {
    const wanted = prepare(invocation);
    const { values } = wanted;
    if (values.daemon && !isBackground()) {
      await startInBackground(process.argv.slice(2), values.log);
      return 0;
    }
    const log = createLog({
      format: values.logFormat,
      level: values.logLevel,
      colour: invocation.terminal.stderr.colour,
      buffered: false,
    });
    try {
      return (await serve(wanted, invocation, log)) as ExitCode;
    } finally {
      log.flush();
    }
  } catch (error) {
    await tellFault(error);
    throw error;
  }
}

function prepare({ settings, arguments: words, terminal }: Invocation): Wanted {
  const [first, second] = words;
  const place = second ?? first;
  if (place === undefined)
    throw new Fault(
      2,
      'where to mount is missing',
      'bucketree mount DIR MOUNTPOINT, the latter an empty directory',
    );
  const directory =
    second === undefined || first === undefined ? settings.values.directory : path(first, terminal.directory);
  const values: OptionValues = { ...settings.values, directory };
  const mapped = values.bucket.filter((mapping) => mapping.directory !== undefined);
  if (directory === undefined && mapped.length === 0)
    throw new Fault(2, 'what to mount is missing', 'bucketree mount DIR MOUNTPOINT');
  const plan = planStore({ ...values, bucket: mapped });
  const bucket = rootBucket(values.bucket, directory);
  return { values, plan, bucket, mountpoint: path(place, terminal.directory) };
}

async function serve(
  { values, plan, bucket, mountpoint }: Wanted,
  invocation: Invocation,
  log: Log,
): Promise<number> {
  const signals = listenForStop();
  const warn = (message: string): void => log.warn(message);
  const accounts = (): AccountsFile =>
    openAccounts(accountsPlace(values, invocation.terminal.env), undefined, warn);
  const mount = await mountStore({ plan, mountpoint, bucket, values, accounts, log });
  const source = bucket ?? plan.directory ?? [...plan.buckets.keys()].join(', ');
  say(invocation, values, mount.mountpoint, source);
  await tellReady();
  const over = mount.ended.then(() => 'unmounted' as const);
  const first = await Promise.race([signals.first, over]);
  if (first === 'unmounted') {
    log.info(`${mount.mountpoint} was unmounted`);
    return 0;
  }
  log.info(`${first}: unmounting; once more ends at once`);
  const forced = signals.second.then((second) => exitCodeOfSignal(second));
  return Promise.race([mount.stop().then(() => 0), forced]);
}

function say({ terminal }: Invocation, values: OptionValues, mountpoint: string, source: string): void {
  const text =
    values.logFormat === 'json'
      ? JSON.stringify({ event: 'mounted', mountpoint, source, pid: process.pid })
      : `Bucketree mounted ${printable(source)} on ${printable(mountpoint)}; Ctrl-C or bucketree umount ends it`;
  terminal.stdout.write(`${text}\n`);
}
