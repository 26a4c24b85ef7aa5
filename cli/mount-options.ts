/** The words behind `-o`, as mount(8) has them: what they mean to us, and those that mean something to others only. */
import { MOUNT_FLAGS } from '../mount/kernel/mount-flags.js';
import type { Shown } from '../mount/model.js';
import { parseOwner } from './owner.js';

/** What one `-o` says. */
export interface MountWords {
  readonly readOnly?: boolean;
  readonly allowOther?: boolean;
  readonly nonEmpty?: boolean;
  readonly show?: Shown;
  readonly flags?: readonly string[];
}

/** What all of them say together. */
export interface MountChoices {
  readonly readOnly: boolean;
  /** undefined: as is usual for who mounts. */
  readonly allowOther: boolean | undefined;
  readonly nonEmpty: boolean;
  readonly show: Shown;
  readonly flags: readonly string[];
}

const SWITCHES: Readonly<Record<string, MountWords>> = {
  ro: { readOnly: true },
  rw: { readOnly: false },
  allow_other: { allowOther: true },
  noallow_other: { allowOther: false },
  nonempty: { nonEmpty: true },
};

const VALUES: Readonly<Record<string, (value: string) => MountWords>> = {
  uid: (value) => ({ show: { uid: parseOwner(value.includes(':') ? '' : `${value}:0`).uid } }),
  gid: (value) => ({ show: { gid: parseOwner(value.includes(':') ? '' : `0:${value}`).gid } }),
  umask: (value) => ({ show: { umask: octal(value) } }),
};

/** Of /etc/fstab: for mount(8), systemd or who reads them; or what every mount of ours is. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    'defaults default_permissions auto noauto nofail _netdev silent loud user nouser users owner group ' +
    'relatime norelatime strictatime nostrictatime diratime nodiratime lazytime nolazytime ' +
    'iversion noiversion mand nomand'
  ).split(' '),
);

function octal(value: string): number {
  if (!/^[0-7]{1,4}$/.test(value) || Number.parseInt(value, 8) > 0o777)
    throw new RangeError('umask is up to three octal digits: umask=022');
  return Number.parseInt(value, 8);
}

/** Whether a word is one of `-o`, ours or others'. */
export function isMountWord(word: string): boolean {
  const [name = '', value] = divided(word);
  if (OTHERS.has(name) || /^(x-|X-|comment$)/.test(name)) return true;
  return value === undefined
    ? Object.hasOwn(SWITCHES, name) || Object.hasOwn(MOUNT_FLAGS, name)
    : Object.hasOwn(VALUES, name);
}

function divided(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function meaning(word: string): MountWords {
  if (!isMountWord(word)) {
    const known = [...Object.keys(SWITCHES), ...Object.keys(VALUES).map((name) => `${name}=…`)];
    throw new RangeError(`${word} is none of ${known.join(', ')}, ${Object.keys(MOUNT_FLAGS).join(', ')}`);
  }
  const [name, value] = divided(word);
  if (value !== undefined) return VALUES[name]?.(value) ?? {};
  return SWITCHES[name] ?? (Object.hasOwn(MOUNT_FLAGS, name) ? { flags: [name] } : {});
}

/** Words divided by commas. @throws RangeError */
export function parseMountWords(text: string): MountWords {
  const words = text.split(',').filter((word) => word !== '');
  if (words.length === 0) throw new RangeError('it is words divided by commas: ro,allow_other');
  return words.map(meaning).reduce(together, {});
}

function together(one: MountWords, other: MountWords): MountWords {
  return {
    ...one,
    ...other,
    show: { ...one.show, ...other.show },
    flags: [...(one.flags ?? []), ...(other.flags ?? [])],
  };
}

/** The last word about a thing counts. */
export function mountChoices(given: readonly MountWords[]): MountChoices {
  const { readOnly, allowOther, nonEmpty, show, flags } = given.reduce(together, {});
  return {
    readOnly: readOnly ?? false,
    allowOther,
    nonEmpty: nonEmpty ?? false,
    show: show ?? {},
    flags: flags ?? [],
  };
}
