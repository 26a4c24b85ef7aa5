/** Which value holds, and where it comes from: flag over environment over file over default. */
import { dirname } from 'node:path';
import { readConfigFile } from './config-file.js';
import { Fault } from './fault.js';
import { nearest } from './nearest.js';
import { flagName, variableName } from './option.js';
import { isOptionName, OPTION_NAMES, type OptionName, type OptionValues, optionOf } from './options.js';
import type { Terminal } from './terminal.js';

export interface Origin {
  readonly kind: 'argument' | 'flag' | 'environment' | 'file' | 'default';
  /** `--listen`, `BUCKETREE_LISTEN`, `/etc/bucketree.toml:3`. */
  readonly where: string;
}

export interface Setting {
  readonly texts: readonly string[];
  readonly origin: Origin;
  /** Relative paths start here. */
  readonly base: string;
}

export interface Settings {
  readonly values: OptionValues;
  readonly of: ReadonlyMap<OptionName, Setting>;
  /** What is odd and no error. */
  readonly warnings: readonly string[];
}

/** What the command line said, by option. */
export type Flags = ReadonlyMap<OptionName, readonly string[]>;

const DEFAULT: Origin = { kind: 'default', where: 'default' };

/** @throws Fault: 2 for the command line, 78 for the environment and the file */
export function resolveSettings(
  flags: Flags,
  { env, directory }: Pick<Terminal, 'env' | 'directory'>,
): Settings {
  const fromHere = (name: OptionName): Setting | undefined =>
    ofFlags(flags, name, directory) ?? ofEnvironment(env, name, directory);
  const config = fromHere('config');
  const path = config === undefined ? undefined : (valueOf('config', config) as OptionValues['config']);
  const file = path === undefined ? undefined : readConfigFile(path);

  const of = new Map<OptionName, Setting>();
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const kept = path === undefined ? undefined : file?.get(name);
    const setting =
      fromHere(name) ??
      (kept === undefined || path === undefined
        ? { texts: optionOf(name).initial, origin: DEFAULT, base: directory }
        : { texts: kept.texts, origin: { kind: 'file', where: kept.where }, base: dirname(path) });
    of.set(name, setting);
    values[name] = valueOf(name, setting);
  }
  // Each name was given what its own row parsed.
  return { values: values as OptionValues, of, warnings: unknownVariables(env) };
}

function ofFlags(flags: Flags, name: OptionName, base: string): Setting | undefined {
  const texts = flags.get(name);
  if (texts === undefined) return undefined;
  const origin: Origin =
    name === 'directory'
      ? { kind: 'argument', where: 'DIR' }
      : { kind: 'flag', where: `--${flagName(name)}` };
  return { texts, origin, base };
}

/** Several values are separated by commas. An empty variable is an unset one. */
function ofEnvironment(env: Terminal['env'], name: OptionName, base: string): Setting | undefined {
  const option = optionOf(name);
  const text = env[variableName(name)];
  if (text === undefined || text === '' || option.local === true) return undefined;
  const texts = option.kind === 'many' ? text.split(',').map((part) => part.trim()) : [text];
  return { texts, origin: { kind: 'environment', where: variableName(name) }, base };
}

function valueOf(name: OptionName, { texts, origin, base }: Setting): unknown {
  const option = optionOf(name);
  try {
    return option.parse(texts, base);
  } catch (error) {
    if (!(error instanceof Error) || (!(error instanceof RangeError) && error.name !== 'StoreError'))
      throw error;
    const shown = option.secret === true ? '' : ` ${texts.map((text) => JSON.stringify(text)).join(', ')}`;
    const code = origin.kind === 'flag' || origin.kind === 'argument' ? 2 : 78;
    throw new Fault(code, `${origin.where}${shown} is not accepted`, error.message, error);
  }
}

function unknownVariables(env: Terminal['env']): readonly string[] {
  const known = OPTION_NAMES.filter((name) => optionOf(name).local !== true).map(variableName);
  return Object.keys(env)
    .filter((name) => name.startsWith('BUCKETREE_') && !known.includes(name))
    .map((name) => {
      const close = nearest(name, known);
      return `${name} is no setting${close === undefined ? '' : `: did you mean ${close}?`}`;
    });
}

/** Options by the names commander gives them, which are ours. */
export function flagsOf(given: Readonly<Record<string, unknown>>): Map<OptionName, readonly string[]> {
  const flags = new Map<OptionName, readonly string[]>();
  for (const [name, value] of Object.entries(given)) {
    if (!isOptionName(name) || value === undefined) continue;
    flags.set(name, Array.isArray(value) ? value.map(String) : [String(value)]);
  }
  return flags;
}
