/** A store thread: runs tasks in the order they come, and answers each. Started by `pool.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { toStoreError } from '../errors.js';
import { prepareHashes } from '../hash/wasm.js';
import { Buckets } from './buckets.js';
import type { StoreOptions } from './options.js';
import type { TaskReply, TaskRequest } from './pool.js';
import { KnownEtags } from './known-etags.js';
import { Snapshots } from './snapshots.js';
import type { Engine } from './engine.js';
import { tasks } from './tasks.js';

const port = parentPort;
if (port === null) throw new Error('lib/store/worker.js is started by the pool, not run by itself');

const options = workerData as StoreOptions;
const engine: Engine = {
  buckets: new Buckets(options),
  listing: {
    snapshots: new Snapshots({ maxBytes: options.cacheBytes / 8 }),
    known: new KnownEtags({ maxBytes: options.cacheBytes / 8 }),
  },
};
const ready = prepareHashes();

/** Memory an answer may hand over instead of copying: the content of a small file, a packed page. */
function transferable(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('numbers' in value && value.numbers instanceof Float64Array)
    return [value.numbers.buffer as ArrayBuffer];
  if (!('body' in value)) return [];
  const { body } = value;
  return body instanceof Uint8Array && body.buffer instanceof ArrayBuffer ? [body.buffer] : [];
}

async function run(request: TaskRequest): Promise<void> {
  const task = tasks[request.task] as (engine: Engine, ...args: readonly unknown[]) => unknown;
  let reply: TaskReply;
  try {
    reply = { id: request.id, value: await task(engine, ...request.args) };
  } catch (error) {
    const { code, message, detail } = toStoreError(error, request.task);
    reply = { id: request.id, error: { code, message, detail } };
  }
  port?.postMessage(reply, 'value' in reply ? transferable(reply.value) : []);
}

port.on('message', (request: TaskRequest) => {
  void ready.then(() => run(request));
});
