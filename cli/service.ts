/** The composition root: the store, the S3 door, and the socket they are reached by. */
import { once } from 'node:events';
import type { Accounts } from '../lib/access/account.js';
import { openStore } from '../lib/store/local.js';
import type { StoreOptions } from '../lib/store/options.js';
import { runtimeDirectories } from '../lib/store/runtime-directory.js';
import type { Store } from '../lib/store/store.js';
import type { AccessEntry } from '../server/s3/access-entry.js';
import { createS3Server } from '../server/s3/server.js';
import type { Address } from './address.js';
import { listenFault } from './listen-fault.js';
import type { Log } from './log.js';
import type { OptionValues } from './options.js';

export interface Service {
  /** With the port it got. */
  readonly address: Address;
  readonly store: Store;
  /** Finishes requests under way; a second call cuts them. Resolves when everything is closed. */
  stop(): Promise<void>;
}

export async function startService(
  plan: StoreOptions,
  values: OptionValues,
  accounts: Accounts,
  log: Log,
): Promise<Service> {
  const store: Store = await openStore(plan, {
    report: ({ message, code, detail }) => log.error(message, { code, ...detail }),
    mounts: runtimeDirectories(process.env),
  });
  const { server, stop } = createS3Server({
    store,
    accounts,
    region: values.region,
    domains: values.domain,
    publicRead: new Set(values.publicRead),
    signatureV2: values.signatureV2,
    log: values.accessLog ? (entry) => logAccess(log, entry) : undefined,
    bug: (error, requestId) =>
      log.error(error instanceof Error ? (error.stack ?? error.message) : String(error), { requestId }),
  });
  try {
    const { host, port } = values.listen;
    server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1024 });
    await once(server, 'listening');
  } catch (error) {
    await store.close();
    throw listenFault(error, values.listen);
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : values.listen.port;
  let closing: Promise<void> | undefined;
  return {
    address: { host: values.listen.host, port },
    store,
    stop: () => {
      const stopped = stop();
      return (closing ??= stopped.then(() => store.close()));
    },
  };
}

/** A signature in a query opens the object to whoever reads the log: it is left out. */
export function logAccess(log: Pick<Log, 'info'>, entry: AccessEntry): void {
  const { time: _time, target, method, ...facts } = entry;
  log.info(
    `${method} ${target.replace(/([?&](?:X-Amz-(?:Signature|Security-Token)|Signature)=)[^&]*/gi, '$1…')}`,
    {
      ...facts,
      kind: 'access',
    },
  );
}
