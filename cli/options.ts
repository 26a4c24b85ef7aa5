/**
 * Every option there is. Flags, environment variables, configuration keys, help, completions and the manual
 * derive from this table, and nothing else declares one.
 */
import { isBucketName } from '../lib/names.js';
import { checkKeyId, checkSecret } from '../lib/access/accounts-document.js';
import { parseAddress } from './address.js';
import { parseBucketMapping } from './bucket-mapping.js';
import { parseMountWords } from './mount-options.js';
import { parseDuration } from './duration.js';
import { choice, flag, many, one, optional, path, text, wholeNumber } from './option.js';
import type { Option } from './option.js';
import { parseOwner } from './owner.js';
import { parseSize } from './size.js';

function bucketName(given: string): string {
  if (isBucketName(given)) return given;
  throw new RangeError('it is a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens');
}

function domain(given: string): string {
  const name = given.toLowerCase().replace(/\.$/, '');
  if (/^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(name)) return name;
  throw new RangeError('it is a host name: s3.example.com');
}

function region(given: string): string {
  if (/^[\w-]{1,64}$/.test(given)) return given;
  throw new RangeError('it is 1 to 64 letters, digits and hyphens: us-east-1');
}

function umask(given: string): number {
  if (/^[0-7]{1,4}$/.test(given) && Number.parseInt(given, 8) <= 0o777) return Number.parseInt(given, 8);
  throw new RangeError('it is up to three octal digits: 022');
}

function endpoint(given: string): string {
  if (URL.canParse(given) && /^https?:\/\/[^/?#@]+\/?$/.test(given)) return given.replace(/\/$/, '');
  throw new RangeError('it is http://HOST:PORT or https://HOST[:PORT], nothing behind it');
}

function expiry(given: string): number {
  const seconds = parseDuration(given);
  if (seconds >= 1 && seconds <= 604_800) return seconds;
  throw new RangeError('it is from 1 second to 7 days');
}

export const OPTIONS = {
  directory: optional('DIR', 'Store: each directory in it is a bucket', path, { path: 'directory' }),
  bucket: many('NAME=DIR', 'Serve a directory as a bucket of this name', parseBucketMapping),
  listen: one(
    'ADDR',
    'Where to listen: HOST:PORT, or :PORT for every interface',
    '127.0.0.1:9000',
    parseAddress,
  ),
  domain: many('HOST', 'Serve BUCKET.HOST as well as HOST/BUCKET', domain),
  region: one('NAME', 'Region that clients sign for', 'us-east-1', region),
  durability: choice(
    'LEVEL',
    'What is on the disk before a write is answered: file and directory (full), the file (data), or neither (none)',
    ['full', 'data', 'none'],
  ),
  owner: optional('USER[:GROUP]', 'Owner of new files, names or numbers (needs root)', (given) =>
    parseOwner(given),
  ),
  umask: optional('MASK', 'Mode bits that new files do not get, octal', umask, { quoted: true }),
  followSymlinks: flag('Serve what symbolic links point to, as long as it is inside the bucket'),
  readOnly: flag('Change nothing in the directories, not even files of our own'),
  publicRead: many('BUCKET', 'Let anybody GET the objects of this bucket', bucketName),
  workers: one('N', 'Processes that serve', '1', wholeNumber(1, 256)),
  config: optional('FILE', 'Configuration file (TOML)', path, { path: 'file' }),
  accessKey: optional('ID', 'Access key of the root account', checkKeyId),
  secretKey: optional('SECRET', 'Secret key of the root account', checkSecret, { secret: true }),
  accessKeyFile: optional('FILE', 'File that holds the access key', path, { path: 'file' }),
  secretKeyFile: optional('FILE', 'File that holds the secret key', path, { path: 'file' }),
  signatureV2: flag('Accept the old signature version 2 as well'),
  cacheMemory: one('SIZE', 'Memory for caches of metadata, small files and listings', '64M', parseSize),
  logFormat: choice('FORMAT', 'Log lines for people (text) or programs (json)', ['text', 'json']),
  logLevel: choice('LEVEL', 'Least important lines that are logged', ['info', 'debug', 'warn', 'error']),
  accessLog: flag('Log every request'),
  mount: optional('PATH', 'Mount the store as well, on an empty directory', path, { path: 'directory' }),
  mountOptions: many(
    'OPTIONS',
    'How to mount, words divided by commas: ro, allow_other, uid=, gid=, umask=, nonempty, noexec',
    parseMountWords,
    { short: 'o' },
  ),
  mountMode: choice(
    'MODE',
    'How content travels in the mount: past this program (passthrough), through it (cached), or what works (auto)',
    ['auto', 'passthrough', 'cached'],
  ),
  binding: choice(
    'NAME',
    'What speaks to the kernel: our own session, or the portable fuse-native with its limits',
    ['own', 'fuse-native'],
  ),
  as: optional(
    'ACCOUNT',
    'Account the mount acts as: id, name or e-mail address; the bucket’s owner when absent',
    text,
  ),

  json: flag('Print JSON', { local: true }),
  endpoint: optional('URL', 'Where clients reach the server; as --listen when absent', endpoint, {
    local: true,
  }),
  key: optional('ID', 'Use this access key; the root account’s first when absent', checkKeyId, {
    local: true,
  }),
  account: one(
    'NAME',
    'Account the key is for: id, name or e-mail address; made when it is new',
    'root',
    text,
    { local: true },
  ),
  email: optional('ADDRESS', 'E-mail address of a new account', text, { local: true }),
  showSecrets: flag('Print secret keys as well', { local: true }),
  method: choice('METHOD', 'What the URL allows', ['GET', 'PUT', 'HEAD', 'DELETE'], { local: true }),
  expires: one('TIME', 'How long the URL holds: 90s, 15m, 12h, 7d', '1h', expiry, { local: true }),
  origin: flag('Say where each value comes from', { local: true }),
  repair: flag('Record what was found, and mend what can be mended', { local: true }),
  prefix: one('KEY', 'Only keys that start so', '', (given) => given, { local: true }),
  rate: optional('SIZE', 'Read at most this much in a second', parseSize, { local: true }),
  daemon: flag('Return when it is mounted, and go on in the background', { local: true }),
  log: optional('FILE', 'Append what the background process logs to this file', path, {
    local: true,
    path: 'file',
  }),
  lazy: flag('Out of the tree at once, though somebody uses it', { local: true }),
  force: flag('Let whoever waits for it fail: for a mount that does not answer', { local: true }),
} as const satisfies Readonly<Record<string, Option<unknown>>>;

export type OptionName = keyof typeof OPTIONS;

/** The value each option has once it is resolved. */
export type OptionValues = {
  readonly [K in OptionName]: ReturnType<(typeof OPTIONS)[K]['parse']>;
};

export const OPTION_NAMES: readonly OptionName[] = Object.keys(OPTIONS).filter(isOptionName);

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

/** The table's row, without its value's type: for help, completion and the reading of sources. */
export function optionOf(name: OptionName): Option<unknown> {
  return OPTIONS[name];
}
