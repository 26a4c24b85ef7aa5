/**
 * Directories and small filesystems for tests: loop-mounted images, made and unmade with the test, and the
 * reasons why one cannot be had here.
 */
import { execFileSync, spawnSync, type ExecFileSyncOptions } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What of a tap test the toolkit needs. */
export interface Scope {
  teardown(handler: () => void | Promise<void>): void;
}

const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'pipe', 'pipe'] };

/** Runs a program. @throws Error with what it printed */
export function run(program: string, ...parameters: string[]): string {
  return execFileSync(program, parameters, { ...quiet, encoding: 'utf8', maxBuffer: 64 << 20 });
}

/** A directory of its own that others may walk through, removed with the test. */
export function directory(scope: Scope): string {
  const path = mkdtempSync(join(tmpdir(), 'bucketree-judge-'));
  chmodSync(path, 0o755);
  scope.teardown(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The full path of a program, looked for as a shell does and where administrators' programs are. */
export function find(program: string): string | undefined {
  try {
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], {
      ...quiet,
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    }).trim();
  } catch {
    return undefined;
  }
}

/**
 * False when the test can run, else the reason to skip it. Where CI says that nothing may be missing
 * (`CI=true`), a missing thing is an error instead.
 */
export function lacking(...needs: readonly (string | undefined)[]): string | false {
  const missing = needs.filter((need) => need !== undefined);
  if (missing.length === 0) return false;
  const reason = missing.join(', ');
  if (process.env['CI'] === 'true') throw new Error(`CI must not skip, and here is missing: ${reason}`);
  return reason;
}

/** `needs root`, unless we are. */
export function rootNeeded(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

export function programNeeded(program: string): string | undefined {
  return find(program) === undefined ? `${program} is not installed` : undefined;
}

export type Kind = 'ext4' | 'ext4-128' | 'exfat' | 'btrfs' | 'tmpfs' | 'ramfs';

export const MAKERS: Readonly<Record<Kind, readonly string[]>> = {
  ext4: ['mkfs.ext4'],
  'ext4-128': ['mkfs.ext4'],
  exfat: ['mkfs.exfat', 'mount.exfat-fuse'],
  btrfs: ['mkfs.btrfs', 'btrfs'],
  tmpfs: [],
  ramfs: [],
};

/** Why no filesystem of that kind can be mounted here, or undefined. */
export function volumeNeeded(kind: Kind): string | undefined {
  return rootNeeded() ?? MAKERS[kind].map(programNeeded).find((reason) => reason !== undefined);
}

export interface VolumeOptions {
  readonly mebibytes?: number;
  /** Further options of mkfs. */
  readonly make?: readonly string[];
  readonly mount?: string;
  /** A block device to use in place of an image. */
  readonly device?: string;
}

/** A filesystem of its own, empty: where it is mounted. */
export function volume(scope: Scope, kind: Kind, options: VolumeOptions = {}): string {
  const base = directory(scope);
  const at = join(base, 'volume');
  mkdirSync(at);
  const size = options.mebibytes ?? 128;
  if (kind === 'tmpfs' || kind === 'ramfs') {
    const given = [kind === 'tmpfs' ? `size=${size}m` : undefined, options.mount].filter(Boolean).join(',');
    run('mount', '-t', kind, ...(given === '' ? [] : ['-o', given]), kind, at);
  } else {
    const image = options.device ?? join(base, 'image');
    if (options.device === undefined) {
      writeFileSync(image, '');
      truncateSync(image, size * 1024 * 1024);
    }
    const program = find(MAKERS[kind][0] ?? '') ?? '';
    const kindly = kind === 'ext4-128' ? ['-I', '128'] : [];
    run(program, ...forced(kind), ...kindly, ...(options.make ?? []), image);
    if (kind === 'exfat') {
      const loop = options.device ?? run('losetup', '-f', '--show', image).trim();
      if (options.device === undefined) scope.teardown(() => void run('losetup', '-d', loop));
      run(find('mount.exfat-fuse') ?? '', ...(options.mount ? ['-o', options.mount] : []), loop, at);
    } else {
      run('mount', '-o', ['loop', options.mount].filter(Boolean).join(','), image, at);
    }
  }
  const atExit = (): void => void spawnSync('umount', ['-l', at], { stdio: 'ignore' });
  // A test that is killed for its time never gets to its teardown.
  process.once('exit', atExit);
  scope.teardown(() => {
    unmount(at);
    process.off('exit', atExit);
  });
  chmodSync(at, 0o755);
  return at;
}

function forced(kind: Kind): readonly string[] {
  if (kind === 'ext4' || kind === 'ext4-128') return ['-q', '-F'];
  return kind === 'btrfs' ? ['-q', '-f'] : [];
}

/** Unmounts what may still be busy for a moment; at last lazily, so that no mount outlives its test. */
export function unmount(at: string): void {
  for (let tries = 0; tries < 20; tries++) {
    try {
      run('umount', at);
      return;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  run('umount', '-l', at);
}

/** A whole number from the environment. */
export function count(name: string, otherwise: number): number {
  const text = process.env[name];
  return text === undefined || text === '' ? otherwise : Number(text);
}

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Sets a file's mtime to the nanosecond, which Node's doubles cannot. */
export function restoreModified(path: string, mtimeNs: bigint): void {
  const fraction = String(mtimeNs % 1_000_000_000n).padStart(9, '0');
  run('touch', '-m', '-d', `@${mtimeNs / 1_000_000_000n}.${fraction}`, path);
}
