/** What a command tells its user instead of a stack: what is wrong, where, and the remedy. */

/** 1: it failed. 2: the command line is wrong. 78: the configuration is wrong (sysexits.h EX_CONFIG). */
export type ExitCode = 0 | 1 | 2 | 78;

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly exitCode: Exclude<ExitCode, 0>;
  readonly remedy: string | undefined;

  constructor(exitCode: Exclude<ExitCode, 0>, message: string, remedy?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
    this.remedy = remedy;
  }
}

/** As it is printed, without the final newline. Anything but a Fault is a bug, and shows its stack. */
export function describeFault(error: unknown): string {
  if (error instanceof Fault) {
    return `bucketree: ${error.message}${error.remedy === undefined ? '' : `\n  fix: ${error.remedy}`}`;
  }
  if (error instanceof Error && error.name === 'StoreError') return `bucketree: ${error.message}`;
  return `bucketree: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

export function exitCodeOf(error: unknown): Exclude<ExitCode, 0> {
  return error instanceof Fault ? error.exitCode : 1;
}
