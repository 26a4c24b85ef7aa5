/**
 * The thread that serves one mount: its filesystem, its session, and what keeps the kernel's caches true. Started
 * by mount.ts. What is called here is synchronous and short; only what may take long answers later.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { StoreError } from '../lib/errors.js';
import { dropCapability, ownUmask } from '../lib/os/credentials.js';
import { runtimeDirectories } from '../lib/store/runtime-directory.js';
import { Coherence } from './coherence/coherence.js';
import { Objects } from './filesystem/objects.js';
import { StoreFilesystem } from './filesystem/store-filesystem.js';
import { TopLevel } from './filesystem/top-level.js';
import { DeviceSession } from './kernel/device-session.js';
import type { MountLog } from './model.js';
import type { SessionData, SessionHears, SessionSays } from './session-messages.js';

const port = parentPort;
if (port === null) throw new Error('mount/session-thread.js is started by mount.js, not by itself');

const say = (said: SessionSays): void => port.postMessage(said);

function log(level: keyof MountLog, message: string, facts: Readonly<Record<string, unknown>> = {}): void {
  say({ kind: 'log', level, message, facts });
}

/**
 * Longer than the fastest programs take between two calls, and shorter than anything a person or another program
 * would notice: a wake-up costs 20 to 50.
 */
const SPIN_MICROSECONDS = 50;

const data = workerData as SessionData;

// The umask of each caller is this thread's while it makes something; quotas and root's reserve hold for us too.
ownUmask();
dropCapability('CAP_SYS_RESOURCE');

const report = (error: StoreError): void => log('warn', error.message, { ...error.detail });
const top = new TopLevel(data.plan, { owner: data.as, report, now: Date.now });
const root = data.bucket === undefined ? top : top.lookup(Buffer.from(data.bucket));
if (root === undefined) throw new Error(`there is no bucket ${data.bucket}`);

const whole = data.bucket === undefined;
const coherence = new Coherence({
  directory: 'directory' in root ? root.directory : data.plan.directory,
  buckets: whole ? [...data.plan.buckets.values()] : [],
  isStore: whole,
  at: data.mountpoint,
  directories: runtimeDirectories(process.env),
  report,
});

const filesystem = new StoreFilesystem({
  root,
  metadata: new Objects(Date.now),
  freshness: coherence.freshness,
  readOnly: data.readOnly,
  show: data.show,
  start: Date.now() >>> 0,
});

const session = new DeviceSession({
  fd: data.fd,
  filesystem,
  wishes: { ...data.wishes, exportable: filesystem.exportable },
  spinMicroseconds: SPIN_MICROSECONDS,
  onReady: ({ passthrough }, notifier) => {
    const served = { nodes: filesystem.nodes, top: whole ? top : undefined, notifier, cached: !passthrough };
    void coherence.start(served).then(() => say({ kind: 'ready', passthrough }));
  },
  onEnd: (error) =>
    say({
      kind: 'ended',
      failure: error instanceof Error ? error.message : error === undefined ? undefined : String(error),
    }),
  onFault: (operation, error) =>
    log('error', `${operation} failed`, {
      operation,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
});

async function stop(): Promise<void> {
  coherence.close();
  await session.stop();
  filesystem.close();
  top.close();
  port?.close();
}

// Told by whoever unmounts, and when no request comes any more: whichever is first.
port.once('message', (hears: SessionHears) => void (hears === 'stop' && stop()));
session.start();
