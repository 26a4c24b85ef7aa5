/**
 * What the kernel said no with. Names are those of errno(3); numbers are the platform's own, from
 * node:os. Made often (a missing file is an answer, not an accident), so no stack is captured.
 */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** errno by name: `E.ENOENT`. A name this platform lacks does not compile. */
export const E = constants.errno;

/** Two names, one number, on Linux: the first is the one reported. */
const PREFERRED = ['EAGAIN', 'EOPNOTSUPP', 'EDEADLK'] as const;

const NAMES = new Map<number, string>();
for (const [name, value] of Object.entries(E)) if (!NAMES.has(value)) NAMES.set(value, name);
for (const name of PREFERRED) NAMES.set(E[name], name);
/** Numbers the kernel uses on disks and that node:os has no name for (asm-generic/errno.h). */
const LINUX_ONLY = { ESHUTDOWN: 108, EUCLEAN: 117, EREMOTEIO: 121, ENOMEDIUM: 123, ENOKEY: 126 };
for (const [name, value] of Object.entries(LINUX_ONLY)) if (!NAMES.has(value)) NAMES.set(value, name);

/** Built anew by each call of getSystemErrorMap, so kept. */
const DESCRIPTIONS = getSystemErrorMap();

/** `ENOENT` for 2; `E1234` for a number without a name. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}

/** A failed system call. `stack` is one line: the call site is told by `syscall`. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  /** Positive, as errno(3) has it (Node's own errors carry it negated). */
  readonly errno: number;
  readonly syscall: string;

  constructor(errno: number, syscall: string, message?: string) {
    const code = errnoName(errno);
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message ?? `${code}: ${DESCRIPTIONS.get(-errno)?.[1] ?? 'system error'}, ${syscall}`);
    Error.stackTraceLimit = limit;
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Whether the error, ours or Node's, carries one of these errno names. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}
