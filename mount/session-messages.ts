/** What the thread that serves a mount is given, and what it says. Plain data. */
import type { BucketName } from '../lib/names.js';
import type { StoreOptions } from '../lib/store/options.js';
import type { Wishes } from './kernel/negotiation.js';
import type { MountLog, Shown } from './model.js';

export interface SessionData {
  /** Of /dev/fuse, mounted. */
  readonly fd: number;
  readonly mountpoint: string;
  readonly plan: StoreOptions;
  readonly bucket: BucketName | undefined;
  readonly readOnly: boolean;
  readonly show: Shown;
  readonly as: string | undefined;
  readonly wishes: Wishes;
}

export type SessionSays =
  /** The mount is in use. `passthrough`: the kernel reads and writes by itself. */
  | { readonly kind: 'ready'; readonly passthrough: boolean }
  /** No request comes any more; why, if that is not because it was unmounted. */
  | { readonly kind: 'ended'; readonly failure: string | undefined }
  | {
      readonly kind: 'log';
      readonly level: keyof MountLog;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/** Everything is to be closed, then the thread ends. */
export type SessionHears = 'stop';
