/** Whether the file with the keys is there, whole, and closed to everybody else. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AccountsPlace, openAccounts } from '../accounts.js';
import { type Finding, note, ok, problem } from './finding.js';

export function examineKeys(place: AccountsPlace): Finding {
  const { path } = place;
  if (path === undefined) {
    return note(
      'keys',
      'there is no place to keep keys in: each start makes another',
      'set HOME or XDG_STATE_HOME, or serve a store DIR',
    );
  }
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return ok('keys', 'none yet: the first start makes one', path);
    for (const [what, mode] of [
      [path, stat.mode],
      [dirname(path), statSync(dirname(path)).mode & ~0o055],
    ] as const) {
      if ((mode & 0o077) !== 0)
        return problem(
          'keys',
          `${what} is open to others (mode ${(mode & 0o777).toString(8)})`,
          `chmod go= ${what}`,
          path,
        );
    }
    const { accounts } = openAccounts(place, undefined, () => undefined).document();
    const keys = accounts.reduce((sum, account) => sum + account.keys.length, 0);
    return ok('keys', `${keys} keys of ${accounts.length} accounts`, path);
  } catch (error) {
    return problem(
      'keys',
      error instanceof Error ? error.message : String(error),
      'mend the file, or restore it from a backup',
      path,
    );
  }
}
