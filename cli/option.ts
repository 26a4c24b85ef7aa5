/**
 * One option, declared once: its flag, environment variable, configuration key, help, default, completion and
 * check. Every source gives texts; the option makes the value of them, so that what is wrong is said in the
 * same words wherever it was written.
 */
import { homedir } from 'node:os';
import { resolve } from 'node:path';

export interface Option<T> {
  /** switch: takes no value. one: the last one counts. many: all of them. */
  readonly kind: 'switch' | 'one' | 'many';
  /** The value's name in help: `ADDR`. '' for a switch. */
  readonly value: string;
  /** One sentence without a full stop. */
  readonly help: string;
  /** The default, as somebody would write it; none when empty. */
  readonly initial: readonly string[];
  /** The values there are, for help, completion and the check. */
  readonly choices?: readonly string[];
  /** Flags of one command only: not in the environment, not in the configuration file. */
  readonly local?: boolean;
  /** Masked wherever settings are shown. */
  readonly secret?: boolean;
  /** Its configuration value must be a string: `umask = 22` would mean another number than `"22"`. */
  readonly quoted?: boolean;
  /** One letter that stands for the flag as well. */
  readonly short?: string;
  /** Completed with names of files or directories. */
  readonly path?: 'file' | 'directory';
  /** @param base directory that relative paths start from @throws RangeError, saying what is accepted */
  readonly parse: (texts: readonly string[], base: string) => T;
}

type Extras = Pick<Option<unknown>, 'local' | 'secret' | 'quoted' | 'path' | 'choices' | 'short'>;
type ParseOne<T> = (text: string, base: string) => T;

export function flag(help: string, extras: Extras = {}): Option<boolean> {
  return { kind: 'switch', value: '', help, initial: ['false'], parse: parseSwitch, ...extras };
}

export function one<T>(
  value: string,
  help: string,
  initial: string,
  parse: ParseOne<T>,
  extras: Extras = {},
): Option<T> {
  const last = (texts: readonly string[], base: string): T => parse(texts.at(-1) ?? initial, base);
  return { kind: 'one', value, help, initial: [initial], parse: last, ...extras };
}

/** Without a default: undefined when nobody gives it. */
export function optional<T>(
  value: string,
  help: string,
  parse: ParseOne<T>,
  extras: Extras = {},
): Option<T | undefined> {
  const last = (texts: readonly string[], base: string): T | undefined => {
    const text = texts.at(-1);
    return text === undefined ? undefined : parse(text, base);
  };
  return { kind: 'one', value, help, initial: [], parse: last, ...extras };
}

export function many<T>(
  value: string,
  help: string,
  parse: ParseOne<T>,
  extras: Extras = {},
): Option<readonly T[]> {
  const all = (texts: readonly string[], base: string): readonly T[] =>
    texts.map((text) => parse(text, base));
  return { kind: 'many', value, help, initial: [], parse: all, ...extras };
}

export function choice<const T extends string>(
  value: string,
  help: string,
  choices: readonly [T, ...T[]],
  extras: Extras = {},
): Option<T> {
  const parse = (text: string): T => {
    const chosen = choices.find((name) => name === text);
    if (chosen === undefined) throw new RangeError(`it is one of ${choices.join(', ')}`);
    return chosen;
  };
  return one(value, help, choices[0], parse, { choices, ...extras });
}

function parseSwitch(texts: readonly string[]): boolean {
  const text = texts.at(-1)?.toLowerCase() ?? 'false';
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off', ''].includes(text)) return false;
  throw new RangeError('it is true or false');
}

export function text(given: string): string {
  if (given === '') throw new RangeError('it is not empty');
  return given;
}

export function wholeNumber(least: number, most: number): ParseOne<number> {
  return (given) => {
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= least && value <= most) return value;
    throw new RangeError(`it is a whole number from ${least} to ${most}`);
  };
}

/** Absolute. `~/` is the home directory: a shell does not replace it behind a `=`, a file never. */
export function path(given: string, base: string): string {
  if (given === '') throw new RangeError('it is a path');
  return given === '~' || given.startsWith('~/') ? resolve(homedir(), given.slice(2)) : resolve(base, given);
}

/** `cacheMemory` → `cache-memory`: the flag without dashes, and the configuration key. */
export function flagName(name: string): string {
  return name.replace(/[A-Z0-9]+/g, (part, at: number) => (at === 0 ? part : `-${part.toLowerCase()}`));
}

/** `cacheMemory` → `BUCKETREE_CACHE_MEMORY`. */
export function variableName(name: string): string {
  return `BUCKETREE_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}
