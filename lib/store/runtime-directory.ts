/**
 * Where the mounts of this machine leave their sockets: /run/bucketree, and for one without the right to it the
 * bucketree directory in $XDG_RUNTIME_DIR. Nobody else may be able to put anything there: what connects to a
 * socket trusts it with the names of what changes, and waits for its answer.
 */
import { accessSync, constants, lstatSync, mkdirSync, type Stats } from 'node:fs';

const SYSTEM = '/run/bucketree';

/** Where to look, in this order; whether they are there is another question. */
export function runtimeDirectories(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const own = env['XDG_RUNTIME_DIR'];
  return own === undefined || !own.startsWith('/') ? [SYSTEM] : [SYSTEM, `${own}/bucketree`];
}

/** Ours or root's, and writable by the owner alone. /run is root's: whoever owns a directory there was given it. */
export function isTrusted(directory: string, stat: Stats, uid: number): boolean {
  if (!stat.isDirectory() || (stat.mode & 0o022) !== 0) return false;
  return stat.uid === 0 || stat.uid === uid || directory === SYSTEM;
}

/** A socket in a trusted directory is somebody's whom we may believe: root's, ours, or the directory's owner's. */
export function isTrustedSocket(stat: Stats, directory: Stats, uid: number): boolean {
  return stat.isSocket() && [0, uid, directory.uid].includes(stat.uid);
}

/**
 * The first of them a mount may leave its socket in, made when it can be.
 * @returns undefined when there is none
 */
export function openRuntimeDirectory(directories: readonly string[], uid: number): string | undefined {
  for (const directory of directories) {
    try {
      mkdirSync(directory, { mode: 0o755 });
    } catch {
      // It is there, or it cannot be made: then it cannot be looked at either.
    }
    try {
      if (!isTrusted(directory, lstatSync(directory), uid)) continue;
      accessSync(directory, constants.W_OK | constants.X_OK);
      return directory;
    } catch {
      // Not this one.
    }
  }
  return undefined;
}
