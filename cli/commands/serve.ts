/** `bucketree serve`: reads what is to be served, starts it, says so, and ends in order. */
import type { AccountsFile } from '../../lib/access/accounts-file.js';
import type { StoreOptions } from '../../lib/store/options.js';
import { accountsPlace, type FirstKey, openAccounts, withRootKey } from '../accounts.js';
import { type Address, isLoopback, urlOf } from '../address.js';
import type { Invocation } from '../command.js';
import { givenCredentials } from '../credentials.js';
import type { ExitCode } from '../fault.js';
import { greeting, type Started } from '../greeting.js';
import { createLog, type Log } from '../log.js';
import type { OptionValues } from '../options.js';
import { startService, type Service } from '../service.js';
import { exitCodeOfSignal, listenForStop, type StopSignals } from '../stop-signals.js';
import { planStore } from '../store-plan.js';
import { surveyStore } from '../survey.js';
import { type BucketReport, faultReport, isWorker, orders, report, supervise } from '../workers.js';

interface Prepared {
  readonly values: OptionValues;
  readonly plan: StoreOptions;
  readonly accounts: AccountsFile;
  readonly firstKey: FirstKey | undefined;
  readonly log: Log;
}

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { values } = invocation.settings;
  const log = createLog({
    format: values.logFormat,
    level: values.logLevel,
    colour: invocation.terminal.stderr.colour,
    buffered: values.accessLog,
  });
  try {
    if (isWorker) return await work(prepare(invocation, log));
    const prepared = prepare(invocation, log);
    const signals = listenForStop();
    const say = (port: number, buckets: readonly BucketReport[]): void =>
      announce(invocation, prepared, { ...values.listen, port }, buckets);
    const code =
      values.workers > 1 ? await lead(prepared, signals, say) : await serveAlone(prepared, signals, say);
    return code as ExitCode;
  } finally {
    log.flush();
  }
}

function prepare({ settings, terminal }: Invocation, log: Log): Prepared {
  const { values } = settings;
  const plan = planStore(values);
  const place = accountsPlace(values, terminal.env);
  const warn = (message: string): void => log.warn(message);
  const opened = openAccounts(place, givenCredentials(settings), warn);
  const { accounts, made } = withRootKey(opened, place, warn);
  return { values, plan, accounts, firstKey: made, log };
}

type Say = (port: number, buckets: readonly BucketReport[]) => void;

async function serveAlone(
  { values, plan, accounts, log }: Prepared,
  signals: StopSignals,
  say: Say,
): Promise<number> {
  const service = await startService(plan, values, accounts, log);
  say(service.address.port, await bucketsOf(service, plan));
  const signal = await signals.first;
  log.info(`${signal}: finishing requests under way; once more ends them`);
  const forced = signals.second.then((second) => exitCodeOfSignal(second));
  const done = service.stop().then(() => 0);
  return Promise.race([done, forced]);
}

/** Workers find a key that is kept nowhere in their environment. */
async function lead({ values, firstKey, log }: Prepared, signals: StopSignals, say: Say): Promise<number> {
  const env =
    firstKey === undefined || firstKey.path !== undefined
      ? {}
      : { BUCKETREE_ACCESS_KEY: firstKey.id, BUCKETREE_SECRET_KEY: firstKey.secret };
  return supervise({
    workers: values.workers,
    env,
    log,
    signals,
    onReady: ({ port, buckets }) => say(port, buckets),
  });
}

async function work({ values, plan, accounts, log }: Prepared): Promise<ExitCode> {
  const stop = orders();
  try {
    const service = await startService(plan, values, accounts, log);
    report({ kind: 'ready', port: service.address.port, buckets: await bucketsOf(service, plan) });
    await stop;
    await service.stop();
    return 0;
  } catch (error) {
    report(faultReport(error));
    return 1;
  }
}

async function bucketsOf(
  { store }: Service,
  { directory, buckets }: StoreOptions,
): Promise<readonly BucketReport[]> {
  const found = await store.listBuckets();
  return found.map(({ name }) => ({ name, directory: buckets.get(name) ?? `${directory ?? ''}/${name}` }));
}

function announce(
  { terminal }: Invocation,
  { values, plan, accounts, firstKey, log }: Prepared,
  address: Address,
  buckets: readonly BucketReport[],
): void {
  const survey = plan.directory === undefined ? undefined : surveyStore(plan.directory, plan.followSymlinks);
  const started: Started = {
    url: urlOf(address),
    region: values.region,
    loopback: isLoopback(address),
    readOnly: plan.readOnly,
    workers: values.workers,
    directory: plan.directory,
    survey,
    buckets,
    accessKey: accounts.rootKeys()[0]?.id ?? '',
    firstKey,
  };
  if (values.logFormat === 'text') {
    terminal.stdout.write(greeting(started));
    return;
  }
  const { url, accessKey } = started;
  terminal.stdout.write(
    `${JSON.stringify({ event: 'ready', url, port: address.port, pid: process.pid, accessKey, buckets, unreachable: survey?.count ?? 0 })}\n`,
  );
  if (firstKey !== undefined)
    log.info(`made access key ${firstKey.id}, kept in ${firstKey.path ?? 'memory'}`);
}
