/**
 * A store, mounted: the device, the thread that serves it, and what is left to do when either ends. This thread
 * never touches what is mounted: whoever serves a mount and waits for it waits for ever.
 */
import { Worker } from 'node:worker_threads';
import { fileSystem } from '../lib/os/stat.js';
import { hasCapability } from '../lib/os/credentials.js';
import { closeFd, openDirectory } from '../lib/os/open.js';
import { MountError } from './kernel/mount-error.js';
import { type KernelMount, mountKernel } from './kernel/mounting.js';
import { prepareMountpoint } from './kernel/mountpoint.js';
import type { Mount, MountOptions } from './model.js';
import { rootsOf } from './roots.js';
import type { SessionData, SessionHears, SessionSays } from './session-messages.js';

/** @throws MountError with the remedy, where there is one; SystemError */
export async function startMount(options: MountOptions): Promise<Mount> {
  const { plan, bucket, readOnly, allowOther, log, mode } = options;
  const roots = rootsOf(plan, bucket);
  const place = await prepareMountpoint({
    path: options.mountpoint,
    roots,
    nonEmpty: options.nonEmpty ?? false,
    say: (message) => log.warn(message),
  });
  const kernel = await mountKernel({
    source: roots[0] ?? 'bucketree',
    place,
    readOnly,
    allowOther,
    flags: options.flags ?? [],
  });
  const passthrough = mode !== 'cached' && hasCapability('CAP_SYS_ADMIN');
  const served = new ServedMount(kernel, options, {
    fd: kernel.fd,
    mountpoint: place,
    plan,
    bucket,
    readOnly,
    show: options.show,
    as: options.as,
    wishes: { passthrough, exportable: false, stackDepth: roots.some(isStacked) ? 2 : 1 },
  });
  await served.ready();
  return served;
}

const OVERLAYFS = 0x794c7630;

/** A container's own disk: already one filesystem on another. */
function isStacked(root: string): boolean {
  const fd = openDirectory(root);
  try {
    return fileSystem(fd).type === OVERLAYFS;
  } finally {
    closeFd(fd);
  }
}

class ServedMount implements Mount {
  readonly mountpoint: string;
  readonly ended: Promise<void>;
  readonly #kernel: KernelMount;
  readonly #options: MountOptions;
  readonly #worker: Worker;
  readonly #drop = (): void => this.#kernel.drop();
  /** The thread has said that it serves, or that it cannot. */
  readonly #started: Promise<void>;
  #failure: Error | undefined;
  #stopping: Promise<void> | undefined;

  constructor(kernel: KernelMount, options: MountOptions, data: SessionData) {
    this.mountpoint = data.mountpoint;
    this.#kernel = kernel;
    this.#options = options;
    this.#worker = new Worker(new URL('./session-thread.js', import.meta.url), {
      workerData: data,
      execArgv: [],
      // Descriptors here come and go by system calls of ours, and are all closed when it stops.
      trackUnmanagedFds: false,
    });
    process.once('exit', this.#drop);
    this.#started = new Promise((resolve, reject) => {
      this.#worker.on('message', (said: SessionSays) => this.#hear(said, resolve));
      this.#worker.once('exit', () => reject(this.#failure ?? new MountError('the mount ended as it began')));
    });
    this.#started.catch(() => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.#worker.on('error', (error) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      });
      this.#worker.once('exit', () => {
        this.#release();
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      });
    });
    this.ended.catch(() => undefined);
  }

  /** @throws MountError when it did not come up; nothing is mounted then */
  async ready(): Promise<void> {
    try {
      await this.#started;
    } catch (error) {
      await this.#kernel.end();
      throw error;
    }
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  /** While it is unmounted the thread still answers; the kernel's last word ends it. */
  async #stop(): Promise<void> {
    const ending = await this.#kernel.end();
    if (ending === 'detached')
      this.#options.log.warn('the mount was in use: it is gone, and so is what was open');
    this.#end();
    await this.ended.catch(() => undefined);
  }

  #end(): void {
    this.#worker.postMessage('stop' satisfies SessionHears);
  }

  #hear(said: SessionSays, ready: () => void): void {
    const { log, mode } = this.#options;
    switch (said.kind) {
      case 'log':
        log[said.level](said.message, said.facts);
        break;
      case 'ready':
        if (mode === 'passthrough' && !said.passthrough) {
          log.warn('passthrough is not to be had here: file content goes through this process', {
            mountpoint: this.mountpoint,
          });
        }
        ready();
        break;
      case 'ended':
        if (said.failure !== undefined) this.#failure ??= new MountError(said.failure);
        this.#end();
        break;
    }
  }

  /** The thread is gone, so nobody answers: what still waits for it fails. */
  #release(): void {
    process.off('exit', this.#drop);
    if (this.#failure !== undefined) this.#kernel.drop();
    closeFd(this.#kernel.fd);
    this.#kernel.release();
  }
}
