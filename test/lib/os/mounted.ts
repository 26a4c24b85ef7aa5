/** Another filesystem for a test that can have one: needs root, and a kernel that lets it mount. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Test } from 'tap';

/** Mounts at a new directory, unmounted when the test ends. A string is the reason why it cannot be. */
export function tryMount(
  t: Test,
  path: string,
  type: string,
  ...options: readonly string[]
): { readonly refused: string | false } {
  if (process.getuid?.() !== 0) return { refused: `mounting ${type} needs root` };
  mkdirSync(path, { recursive: true });
  const result = spawnSync('mount', ['-t', type, ...options, 'none', path], { encoding: 'utf8' });
  if (result.status !== 0) return { refused: `this system does not mount ${type}: ${result.stderr}` };
  t.teardown(() => void spawnSync('umount', ['--lazy', path]));
  return { refused: false };
}
