/** Filesystems with fewer gifts than ext4's defaults, for tests that need root to mount them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/**
 * An ext4 of the given mkfs options in a file, mounted until the test ends.
 * @returns its root; undefined where that cannot be done
 */
export function mountExt4(t: Test, ...options: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'ext4-'));
  mkdirSync(join(directory, 'mnt'));
  const script = 'truncate -s 32M "$1" && mkfs.ext4 -q $3 "$1" && mount -o loop "$1" "$2"';
  const { status } = spawnSync('sh', [
    '-c',
    script,
    'sh',
    `${directory}/image`,
    `${directory}/mnt`,
    options.join(' '),
  ]);
  t.teardown(() => {
    if (status === 0) spawnSync('umount', ['--lazy', `${directory}/mnt`]);
    rmSync(directory, { recursive: true });
  });
  return status === 0 ? `${directory}/mnt` : undefined;
}

/** A directory in which names fold: a loop-mounted ext4 made so. undefined where that cannot be done. */
export function foldingDirectory(t: Test): string | undefined {
  const directory = t.testdir({ mnt: {} });
  const image = `${directory}/image`;
  const made = spawnSync('sh', [
    '-c',
    `truncate -s 16M "$1" && mkfs.ext4 -q -O casefold -E encoding=utf8 "$1" && mount -o loop "$1" "$2" && mkdir "$2/bucket" && chattr +F "$2/bucket"`,
    'sh',
    image,
    `${directory}/mnt`,
  ]);
  t.teardown(() => void spawnSync('umount', ['--lazy', `${directory}/mnt`]));
  return made.status === 0 ? `${directory}/mnt/bucket` : undefined;
}
