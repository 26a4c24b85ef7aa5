/** `bucketree serve`: reads what is to be served, starts it, says so, and ends in order. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AccountsFile } from '../../lib/access/accounts-file.js';
import type { StoreOptions } from '../../lib/store/options.js';
import type { Mount } from '../../mount/model.js';
import { accountsPlace, type FirstKey, openAccounts, withRootKey } from '../accounts.js';
import { type Address, formatAddress, isLoopback, urlOf } from '../address.js';
import type { Invocation } from '../command.js';
import { givenCredentials } from '../credentials.js';
import type { ExitCode } from '../fault.js';
import { greeting, type Started } from '../greeting.js';
import { listenFault } from '../listen-fault.js';
import { createLog, type Log } from '../log.js';
import { mountBeside } from '../mounting.js';
import type { OptionValues } from '../options.js';
import type { Service } from '../service.js';
import { exitCodeOfSignal, listenForStop, type StopSignals } from '../stop-signals.js';
import { planStore } from '../store-plan.js';
import { type Survey, surveyStore } from '../survey.js';
import { faultReport, isWorker, orders, report, supervise } from '../workers.js';

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
    const say: Say = (port, mount) =>
      announce(invocation, prepared, { ...values.listen, port }, mount?.mountpoint);
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

type Say = (port: number, mount: Mount | undefined) => void;

async function serveAlone(
  { values, plan, accounts, log }: Prepared,
  signals: StopSignals,
  say: Say,
): Promise<number> {
  const service = await start({ values, plan, accounts, log });
  const mount = await mountOrStop(service, () => mountBeside(values, plan, accounts, log));
  say(service.address.port, mount);
  const signal = await signals.first;
  log.info(`${signal}: finishing requests under way; once more ends them`);
  const forced = signals.second.then((second) => exitCodeOfSignal(second));
  const done = Promise.all([service.stop(), mount?.stop()]).then(() => 0);
  return Promise.race([done, forced]);
}

async function mountOrStop(
  service: Service,
  mount: () => Promise<Mount | undefined>,
): Promise<Mount | undefined> {
  try {
    return await mount();
  } catch (error) {
    await service.stop();
    throw error;
  }
}

/** Loaded here: the process that leads workers has no use for the store and the server. */
async function start({ plan, values, accounts, log }: Omit<Prepared, 'firstKey'>): Promise<Service> {
  const { startService } = await import('../service.js');
  return startService(plan, values, accounts, log);
}

/** Workers find a key that is kept nowhere in their environment. */
async function lead(
  { values, plan, accounts, firstKey, log }: Prepared,
  signals: StopSignals,
  say: Say,
): Promise<number> {
  const env =
    firstKey === undefined || firstKey.path !== undefined
      ? {}
      : { BUCKETREE_ACCESS_KEY: firstKey.id, BUCKETREE_SECRET_KEY: firstKey.secret };
  const words = listeningOn(process.argv.slice(2), await definitePort(values.listen));
  const mount = await mountBeside(values, plan, accounts, log);
  try {
    const onReady = (port: number): void => say(port, mount);
    return await supervise({ workers: values.workers, env, log, signals, onReady, words });
  } finally {
    await mount?.stop();
  }
}

/**
 * Port 0, resolved once for all: a worker that comes when no other listens would be given another one.
 * @throws Fault
 */
async function definitePort(address: Address): Promise<Address> {
  if (address.port !== 0) return address;
  const server = createServer();
  try {
    server.listen({ port: 0, ...(address.host === undefined ? {} : { host: address.host }) });
    await once(server, 'listening');
  } catch (error) {
    throw listenFault(error, address);
  }
  const bound = server.address();
  server.close();
  await once(server, 'close');
  return { ...address, port: typeof bound === 'object' && bound !== null ? bound.port : 0 };
}

/** The command line again, with a definite address; what follows `--` is no flag. */
export function listeningOn(words: readonly string[], address: Address): readonly string[] {
  const end = words.indexOf('--');
  const at = end < 0 ? words.length : end;
  return [...words.slice(0, at), '--listen', formatAddress(address), ...words.slice(at)];
}

async function work({ values, plan, accounts, log }: Prepared): Promise<ExitCode> {
  const stop = orders();
  try {
    const service = await start({ values, plan, accounts, log });
    report({ kind: 'ready', port: service.address.port });
    await stop;
    await service.stop();
    return 0;
  } catch (error) {
    report(faultReport(error));
    return 1;
  }
}

/** Mapped ones first hide those of the store with the same name. */
function bucketsOf({ directory, buckets }: StoreOptions, survey: Survey | undefined): Started['buckets'] {
  const own = (survey?.buckets ?? []).filter((name) => !buckets.has(name));
  return [
    ...[...buckets].map(([name, mapped]) => ({ name, directory: mapped })),
    ...own.map((name) => ({ name, directory: `${directory ?? ''}/${name}` })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function announce(
  { terminal }: Invocation,
  { values, plan, accounts, firstKey, log }: Prepared,
  address: Address,
  mountpoint: string | undefined,
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
    buckets: bucketsOf(plan, survey),
    mountpoint,
    accessKey: accounts.rootKeys()[0]?.id ?? '',
    firstKey,
  };
  if (values.logFormat === 'text') {
    terminal.stdout.write(greeting(started));
    return;
  }
  const { url, accessKey, buckets } = started;
  terminal.stdout.write(
    `${JSON.stringify({ event: 'ready', url, port: address.port, pid: process.pid, accessKey, buckets, unreachable: survey?.count ?? 0, mountpoint })}\n`,
  );
  if (firstKey !== undefined)
    log.info(`made access key ${firstKey.id}, kept in ${firstKey.path ?? 'memory'}`);
}
