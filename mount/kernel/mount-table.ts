/** What is mounted where, as /proc/self/mountinfo tells it: proc_pid_mountinfo(5). Reading it asks no filesystem. */
import { readFileSync } from 'node:fs';

export interface MountEntry {
  readonly id: number;
  /** `major:minor` of st_dev. */
  readonly device: string;
  readonly mountpoint: string;
  /** Per mount: `rw`, `nosuid` … */
  readonly options: readonly string[];
  /** `ext4`, `fuse.bucketree`. */
  readonly type: string;
  readonly source: string;
  /** Of the filesystem: `user_id=0`, `allow_other` … */
  readonly superOptions: readonly string[];
}

/** What our mounts are called. */
export const OUR_TYPE = 'fuse.bucketree';

/** Blanks, tabs, newlines, backslashes and `#` are written as three octal digits. */
function unescape(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Later entries cover earlier ones at the same place. Lines that are none are left out. Pure. */
export function parseMountTable(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const [before = '', after] = line.split(' - ', 2);
    const [id, , device, , mountpoint, options] = before.split(' ');
    const [type, source, superOptions] = (after ?? '').split(' ');
    if (id === undefined || device === undefined || mountpoint === undefined || type === undefined) continue;
    if (after === undefined) continue;
    entries.push({
      id: Number(id),
      device,
      mountpoint: unescape(mountpoint),
      options: (options ?? '').split(','),
      type: unescape(type),
      source: unescape(source ?? ''),
      superOptions: (superOptions ?? '').split(','),
    });
  }
  return entries;
}

export function readMountTable(): MountEntry[] {
  // Bytes one by one: a name that is no UTF-8 is still to be told from others.
  return parseMountTable(readFileSync('/proc/self/mountinfo', 'latin1'));
}

/** What a path that is a mountpoint shows: the last one mounted there. */
export function mountAt(table: readonly MountEntry[], mountpoint: string): MountEntry | undefined {
  return table.findLast((entry) => entry.mountpoint === mountpoint);
}
