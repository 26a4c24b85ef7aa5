/** System calls on files, as fast as one process makes them: straight through the C library, nothing decoded. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { O } from '../../lib/os/open.js';
import { libc } from '../../lib/os/libc.js';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const BASIC_STATS = 0x7ff;
const FILES = 1000;
const SMALL = 4096;
const LARGE = 1024 * 1024;
const EXTENT = 256 * 1024 * 1024;

export type FileOperation =
  | 'stat'
  | 'missing'
  | 'open'
  | 'create'
  | 'unlink'
  | 'rename'
  | `${'read' | 'write'} ${'sequential' | 'random'} ${'4 KiB' | '1 MiB'}`;

export interface FilesJob {
  /** An empty directory of the filesystem to measure. */
  readonly directory: string;
  readonly operation: FileOperation;
  readonly seconds: number;
}

export interface FilesResult {
  readonly calls: number;
  readonly seconds: number;
}

const out = Buffer.alloc(256);
const small = Buffer.alloc(SMALL, 'x');

function must(result: number, what: string): number {
  if (result < 0) throw new Error(`${what}: errno ${libc().errno()}`);
  return result;
}

function stat(path: Buffer): number {
  return libc().statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, BASIC_STATS, out);
}

function create(path: Buffer): void {
  const calls = libc();
  const fd = must(calls.openat(AT_FDCWD, path, O.WRONLY | O.CREAT | O.EXCL, 0o644), 'create');
  must(calls.pwrite(fd, small, SMALL, 0), 'write');
  must(calls.close(fd), 'close');
}

function read(path: Buffer): void {
  const calls = libc();
  const fd = must(calls.openat(AT_FDCWD, path, O.RDONLY, 0), 'open');
  must(calls.pread(fd, small, SMALL, 0), 'read');
  must(calls.close(fd), 'close');
}

/** Runs `step` with growing numbers until the time is over, or `most` times. */
function timed(seconds: number, step: (number: number) => void, most = Infinity): FilesResult {
  const began = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    for (const end = Math.min(calls + 100, most); calls < end; calls++) step(calls);
    elapsed = (performance.now() - began) / 1000;
  } while (elapsed < seconds && calls < most);
  return { calls, seconds: elapsed };
}

function names(directory: string, stem: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_, number) =>
    Buffer.from(`${join(directory, `${stem}${number}`)}\0`),
  );
}

/** One directory of 4 KiB files. */
function smallFiles(directory: string, stem: string, count: number): Buffer[] {
  const paths = names(directory, stem, count);
  for (const path of paths) create(path);
  return paths;
}

function at(paths: readonly Buffer[], number: number): Buffer {
  return paths[number % paths.length] ?? small;
}

function extent(directory: string, operation: string, seconds: number): FilesResult {
  const calls = libc();
  const size = operation.endsWith('4 KiB') ? SMALL : LARGE;
  const blocks = EXTENT / size;
  const block = Buffer.alloc(size, 'y');
  const path = Buffer.from(`${join(directory, 'extent')}\0`);
  const fd = must(calls.openat(AT_FDCWD, path, O.RDWR | O.CREAT, 0o644), 'open');
  const whole = Buffer.alloc(LARGE, 'z');
  for (let from = 0; from < EXTENT; from += LARGE) must(calls.pwrite(fd, whole, LARGE, from), 'write');
  let state = 1;
  const position = operation.includes('random')
    ? () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % blocks
    : (number: number) => number % blocks;
  const move = operation.startsWith('read') ? calls.pread : calls.pwrite;
  const result = timed(seconds, (number) => {
    must(move(fd, block, size, position(number) * size), operation);
  });
  must(calls.close(fd), 'close');
  return result;
}

const OPERATIONS: Readonly<Record<string, (directory: string, seconds: number) => FilesResult>> = {
  stat(directory, seconds) {
    const paths = smallFiles(directory, 'f', FILES);
    return timed(seconds, (number) => void must(stat(at(paths, number)), 'stat'));
  },
  missing(directory, seconds) {
    const paths = names(directory, 'missing', FILES);
    return timed(seconds, (number) => void stat(at(paths, number)));
  },
  open(directory, seconds) {
    const paths = smallFiles(directory, 'f', FILES);
    return timed(seconds, (number) => read(at(paths, number)));
  },
  create(directory, seconds) {
    const paths = names(directory, 'new', 100_000);
    return timed(seconds, (number) => create(at(paths, number)), paths.length);
  },
  unlink(directory, seconds) {
    const paths = smallFiles(directory, 'old', 10_000);
    const calls = libc();
    return timed(
      seconds,
      (number) => void must(calls.unlinkat(AT_FDCWD, at(paths, number), 0), 'unlink'),
      paths.length,
    );
  },
  rename(directory, seconds) {
    const [path = small] = smallFiles(directory, 'here', 1);
    const [other = small] = names(directory, 'there', 1);
    const calls = libc();
    return timed(seconds, (number) => {
      const [from, to] = number % 2 === 0 ? [path, other] : [other, path];
      must(calls.renameat(AT_FDCWD, from, AT_FDCWD, to), 'rename');
    });
  },
};

export async function files({ directory, operation, seconds }: FilesJob): Promise<FilesResult> {
  mkdirSync(directory, { recursive: true });
  const run = OPERATIONS[operation];
  const result = run === undefined ? extent(directory, operation, seconds) : run(directory, seconds);
  rmSync(directory, { recursive: true, force: true });
  return result;
}

export interface ManyJob {
  readonly directory: string;
  readonly count: number;
}

/** Makes many empty files. @returns how many are there */
export async function manyFiles({ directory, count }: ManyJob): Promise<number> {
  mkdirSync(directory, { recursive: true });
  for (let number = 0; number < count; number++) writeFileSync(join(directory, `entry-${number}`), '');
  return readdirSync(directory).length;
}
