/** What mounting a store takes, and what it gives: the contract between the command line and `mount.ts`. */
import type { BucketName } from '../lib/names.js';
import type { StoreOptions } from '../lib/store/options.js';

export interface MountLog {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** How file content travels: auto is passthrough where the kernel lets us, and cached elsewhere. */
export type MountMode = 'auto' | 'passthrough' | 'cached';

/** Members given are shown for every file, and hold for what is made. `umask` is taken from all modes. */
export interface Shown {
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
}

export interface MountOptions {
  readonly plan: StoreOptions;
  /** As the user named it; see prepareMountpoint. */
  readonly mountpoint: string;
  /** The bucket whose content is the root; undefined: the buckets are. */
  readonly bucket?: BucketName | undefined;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
  readonly show: Shown;
  readonly mode: MountMode;
  /** The account the mount acts as: its id, name or e-mail address. */
  readonly as?: string | undefined;
  /** Words of mount(8) for the kernel: `noexec`, `suid` … */
  readonly flags?: readonly string[];
  /** The mountpoint may have entries; they are hidden. */
  readonly nonEmpty?: boolean;
  readonly log: MountLog;
}

export interface Mount {
  /** Without links in its path. */
  readonly mountpoint: string;
  /** Unmounts, and resolves when nothing of it is left. Once more is fine. */
  stop(): Promise<void>;
  /** Resolves when the mount is over, whoever ended it; rejects when its server failed. */
  readonly ended: Promise<void>;
}
