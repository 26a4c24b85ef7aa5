/** Another filesystem for a test that can have one: needs root, and a kernel that lets it mount. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export interface Mounted {
  /** Why there is no such mount, for `skip`; false when there is one. */
  readonly refused: string | false;
  /** An ordinary directory; the mount is its `mnt`. */
  readonly parent: string;
  readonly path: string;
}

/** Mounts an empty filesystem of a type, with options of mount(8), until the test ends. */
export function tryMount(t: Test, type: string, ...options: readonly string[]): Mounted {
  if (process.getuid?.() !== 0) return { refused: `mounting ${type} needs root`, parent: '', path: '' };
  const parent = mkdtempSync(join(tmpdir(), `mounted-${type}-`));
  const path = join(parent, 'mnt');
  mkdirSync(path);
  const result = spawnSync('mount', ['-t', type, ...options, 'none', path], { encoding: 'utf8' });
  t.teardown(() => {
    if (result.status === 0) spawnSync('umount', ['--lazy', path]);
    rmdirSync(path);
    rmdirSync(parent);
  });
  const refused = result.status !== 0 && `this system does not mount ${type}: ${result.stderr}`;
  return { refused, parent, path };
}
