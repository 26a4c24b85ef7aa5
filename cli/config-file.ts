/**
 * The configuration file: TOML, one line per option, under the option's own name. A key nobody knows is an
 * error: a misspelt `read-only` must not serve read-write.
 */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { errnoOf } from '../lib/errors.js';
import { Fault } from './fault.js';
import { nearest } from './nearest.js';
import { flagName, type Option } from './option.js';
import { OPTION_NAMES, type OptionName, optionOf } from './options.js';

export interface FileSetting {
  readonly texts: readonly string[];
  /** `/etc/bucketree.toml:3` */
  readonly where: string;
}

const SETTINGS: readonly OptionName[] = OPTION_NAMES.filter(
  (name) => optionOf(name).local !== true && name !== 'config',
);

/** @throws Fault (exit code 78) */
export function readConfigFile(path: string): ReadonlyMap<OptionName, FileSetting> {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const remedy = 'name an existing, readable file with --config';
    throw new Fault(
      78,
      `cannot read the configuration ${path}: ${errnoOf(error) ?? 'unreadable'}`,
      remedy,
      error,
    );
  }
  return parseConfig(source, path);
}

/** @param path for messages @throws Fault (exit code 78) */
export function parseConfig(source: string, path: string): ReadonlyMap<OptionName, FileSetting> {
  const settings = new Map<OptionName, FileSetting>();
  for (const [key, value] of Object.entries(parseToml(source, path))) {
    const where = `${path}:${lineOf(source, key)}`;
    const name = SETTINGS.find((candidate) => flagName(candidate) === key);
    if (name === undefined) throw unknownKey(key, where);
    settings.set(name, { texts: textsOf(value, key, optionOf(name), where), where });
  }
  return settings;
}

function parseToml(source: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n')[0] ?? 'invalid';
    throw new Fault(
      78,
      `${path}:${error.line}:${error.column}: ${what}`,
      'mend the line; see toml.io',
      error,
    );
  }
}

function unknownKey(key: string, where: string): Fault {
  const names = SETTINGS.map(flagName);
  const close = nearest(key, names);
  const remedy = close === undefined ? `remove it; known are ${names.join(', ')}` : `write ${close}`;
  return new Fault(78, `${where}: there is no setting "${key}"`, remedy);
}

function textsOf(value: unknown, key: string, option: Option<unknown>, where: string): readonly string[] {
  if (Array.isArray(value) && option.kind === 'many') {
    return value.map((item) => scalar(item, key, option, where));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && option.value.includes('=')) {
    return Object.entries(value).map(([name, item]) => `${name}=${scalar(item, key, option, where)}`);
  }
  return [scalar(value, key, option, where)];
}

function scalar(value: unknown, key: string, option: Option<unknown>, where: string): string {
  if (option.quoted === true && typeof value !== 'string') {
    throw new Fault(78, `${where}: ${key} is a string`, `put it in quotes: ${key} = "${String(value)}"`);
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  const expected =
    option.kind === 'many' ? 'a list of strings' : option.kind === 'switch' ? 'true or false' : 'a string';
  throw new Fault(78, `${where}: ${key} is ${expected}`, example(key, option));
}

function example(key: string, option: Option<unknown>): string {
  if (option.kind === 'switch') return `${key} = true`;
  return option.kind === 'many' ? `${key} = ["${option.value}"]` : `${key} = "${option.value}"`;
}

/** The parser tells no lines of values: the first line that begins with the key, or its table. */
function lineOf(source: string, key: string): number {
  const lines = source.split('\n');
  const begins = (line: string): boolean => {
    const start = line
      .trim()
      .replace(/^\[\s*/, '')
      .replace(/^["']/, '');
    return start.startsWith(key) && /^["']?\s*[=\].]/.test(start.slice(key.length));
  };
  return lines.findIndex(begins) + 1 || 1;
}
