/** Why there is no mount, for the person who wanted one: what is wrong, where, and the remedy. */
export class MountError extends Error {
  override readonly name = 'MountError';
  /** What to do, as a command or a clause. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.remedy = remedy;
  }
}
