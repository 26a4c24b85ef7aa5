/** One thing the doctor looked at. */

export interface Finding {
  /** `attributes`, `port`: stable, for programs. */
  readonly check: string;
  /** note: works, with a difference worth knowing. problem: something will fail. */
  readonly level: 'ok' | 'note' | 'problem';
  readonly message: string;
  /** Directory or address. */
  readonly where?: string;
  readonly remedy?: string;
}

export function ok(check: string, message: string, where?: string): Finding {
  return { check, level: 'ok', message, ...(where === undefined ? {} : { where }) };
}

export function note(check: string, message: string, remedy: string, where?: string): Finding {
  return { check, level: 'note', message, remedy, ...(where === undefined ? {} : { where }) };
}

export function problem(check: string, message: string, remedy: string, where?: string): Finding {
  return { check, level: 'problem', message, remedy, ...(where === undefined ? {} : { where }) };
}
