/** `--owner`: who new files belong to, by number or by name (passwd(5), else the system's directory service). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Lines of one database of getent(1) whose first field is `name`, or whose number is; split at colons. */
export type Directory = (database: 'passwd' | 'group', name: string) => readonly string[] | undefined;

/** `1000:100`, `ann`, `ann:users`, `1000` (with the group passwd names). @throws RangeError */
export function parseOwner(text: string, directory: Directory = systemDirectory): Owner {
  const [user, group, ...rest] = text.split(':');
  if (user === undefined || user === '' || group === '' || rest.length > 0) {
    throw new RangeError('an owner is USER or USER:GROUP, names or numbers');
  }
  const entry = directory('passwd', user);
  const uid = number(user) ?? number(entry?.[2]);
  if (uid === undefined) throw new RangeError(`there is no user ${user} here`);
  if (group === undefined) {
    const gid = number(entry?.[3]);
    if (gid === undefined) throw new RangeError(`user ${user} has no group here: write ${user}:GROUP`);
    return { uid, gid };
  }
  const gid = number(group) ?? number(directory('group', group)?.[2]);
  if (gid === undefined) throw new RangeError(`there is no group ${group} here`);
  return { uid, gid };
}

/** 2^32 - 1 means "leave as it is" to chown(2). */
function number(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value < 2 ** 32 - 1 ? value : undefined;
}

function systemDirectory(database: 'passwd' | 'group', name: string): readonly string[] | undefined {
  return inFile(`/etc/${database}`, name) ?? inService(database, name);
}

function inFile(path: string, name: string): readonly string[] | undefined {
  try {
    const entries = readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    return entries.find(([first]) => first === name) ?? entries.find((entry) => entry[2] === name);
  } catch {
    return undefined; // A system without the file may still have a directory service.
  }
}

function inService(database: string, name: string): readonly string[] | undefined {
  const { status, stdout } = spawnSync('getent', [database, '--', name], { encoding: 'utf8', timeout: 5000 });
  return status === 0 ? stdout.trim().split(':') : undefined;
}
