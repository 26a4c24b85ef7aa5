/** The root account's key as the user gave it: two options, or the files they are in (Docker and systemd secrets). */
import { readFileSync } from 'node:fs';
import { checkKeyId, checkSecret } from '../lib/access/accounts-document.js';
import { errnoOf } from '../lib/errors.js';
import { Fault } from './fault.js';
import { flagName } from './option.js';
import type { OptionName } from './options.js';
import type { Origin, Settings } from './settings.js';

export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** undefined when none are given. @throws Fault: one without the other, a file that cannot be read */
export function givenCredentials(settings: Settings): Credentials | undefined {
  const id = given(settings, 'accessKey', 'accessKeyFile', checkKeyId);
  const secret = given(settings, 'secretKey', 'secretKeyFile', checkSecret);
  if (id !== undefined && secret !== undefined) return { id, secret };
  if (id === undefined && secret === undefined) return undefined;
  const missing = id === undefined ? 'access-key' : 'secret-key';
  throw new Fault(
    2,
    `--${missing} is missing`,
    'an access key and a secret key are given together, or neither',
  );
}

const RANK: Readonly<Record<Origin['kind'], number>> = {
  argument: 4,
  flag: 4,
  environment: 3,
  file: 2,
  default: 1,
};

/** The value itself, or the file it is in: whichever was said closer to the command. */
function given(
  { values, of }: Settings,
  name: 'accessKey' | 'secretKey',
  fileName: 'accessKeyFile' | 'secretKeyFile',
  check: (text: string) => string,
): string | undefined {
  const path = values[fileName];
  const difference = rank(of, name) - rank(of, fileName);
  if (path === undefined || difference > 0) return values[name];
  if (difference === 0 && values[name] !== undefined) {
    throw new Fault(2, `--${flagName(name)} and --${flagName(fileName)} are both given`, 'give one of them');
  }
  return readSecret(path, fileName, check);
}

function rank(of: Settings['of'], name: OptionName): number {
  return RANK[of.get(name)?.origin.kind ?? 'default'];
}

function readSecret(path: string, fileName: string, check: (text: string) => string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const what = `cannot read ${path} (--${flagName(fileName)}): ${errnoOf(error) ?? 'unreadable'}`;
    throw new Fault(78, what, 'name a file that this user may read', error);
  }
  try {
    return check(text.trim());
  } catch (error) {
    throw new Fault(78, `${path} (--${flagName(fileName)}) is not accepted`, messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
