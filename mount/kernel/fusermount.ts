/**
 * Mounting for who may not: fusermount3(1), set-user-ID root, mounts, and sends the device back over the socket
 * that _FUSE_COMMFD names. With auto_unmount it stays, and unmounts when our end of the socket closes, so that a
 * server that was killed leaves nothing behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { receiveDescriptor, socketPair } from '../../lib/os/descriptor-passing.js';
import { libc } from '../../lib/os/libc.js';
import { closeFd } from '../../lib/os/open.js';
import { isErrno } from '../../lib/os/system-error.js';
import { MountError } from './mount-error.js';

const PROGRAMS = ['fusermount3', 'fusermount'] as const;
const SOCKET = 3;

export interface UserMount {
  /** The device, mounted; may block until it is told not to. */
  readonly fd: number;
  /** With auto_unmount, the mount stays while this is open. */
  readonly socket: number;
}

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

type Program = (typeof PROGRAMS)[number];

/** Its words are looked at, so they are to be English. */
function start(program: Program, words: readonly string[], socket?: number): ChildProcess {
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
  if (socket !== undefined) env['_FUSE_COMMFD'] = String(SOCKET);
  const stdio = ['ignore', 'ignore', 'pipe', ...(socket === undefined ? [] : [socket])] as const;
  return spawn(program, [...words], { env, stdio: [...stdio] });
}

/** undefined when there is no such program. */
function ending(child: ChildProcess): Promise<Ran | undefined> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      if (isErrno(error, 'ENOENT')) resolve(undefined);
      else reject(error);
    });
    child.once('close', (code) => resolve({ code, said: said.trim() }));
  });
}

function noProgram(what: string): MountError {
  return new MountError(
    `${what} without root needs fusermount3, and it is not here`,
    'apt install fuse3 (dnf install fuse3, apk add fuse3), or do it as root',
  );
}

/** The device, once it is there; undefined when the program ended without sending one. */
function arrival(socket: number, ended: Promise<unknown>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const look = (last: boolean): void => {
      try {
        const got = receiveDescriptor(socket);
        if (got === 'none' && !last) return;
        finish();
        resolve(typeof got === 'number' ? got : undefined);
      } catch (error) {
        finish();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    let done = false;
    const watch = libc().onReadable(socket, () => {
      if (!done) look(false);
    });
    const finish = (): void => {
      done = true;
      watch.close();
    };
    const atEnd = (): void => {
      if (!done) look(true);
    };
    ended.then(atEnd, atEnd);
  });
}

async function mountWith(
  program: Program,
  mountpoint: string,
  options: string,
): Promise<UserMount | undefined> {
  const [ours, theirs] = socketPair();
  const child = start(program, ['-o', options, '--', mountpoint], theirs);
  const ended = ending(child);
  closeFd(theirs);
  try {
    const fd = await arrival(ours, ended);
    if (fd !== undefined) {
      child.stderr?.destroy();
      child.unref();
      return { fd, socket: ours };
    }
  } catch (error) {
    closeFd(ours);
    throw error;
  }
  closeFd(ours);
  const ran = await ended;
  if (ran !== undefined) throw mountFailure(ran.said, mountpoint);
  return undefined;
}

/**
 * @param options with commas: `rw,nosuid,subtype=…,fsname=…`
 * @throws MountError
 */
export async function mountByFusermount(mountpoint: string, options: string): Promise<UserMount> {
  for (const program of PROGRAMS) {
    const mounted = await mountWith(program, mountpoint, options);
    if (mounted !== undefined) return mounted;
  }
  throw noProgram('mounting');
}

/** What it said no with, and the remedy. Pure. */
export function mountFailure(said: string, mountpoint: string): MountError {
  const line = said.split('\n').findLast((text) => text !== '') ?? 'it does not say why';
  const why = line.replace(/^fusermount3?: /, '');
  const message = `cannot mount on ${mountpoint}: ${why}`;
  if (/user_allow_other/.test(why))
    return new MountError(
      `allow_other is not allowed to users here`,
      'add the line user_allow_other to /etc/fuse.conf, or leave the option out',
    );
  if (/fuse device not found|failed to open \/dev\/fuse/.test(why))
    return new MountError(message, 'modprobe fuse; chmod 666 /dev/fuse; in a container: --device /dev/fuse');
  if (/no write access|not owner of|Permission denied/.test(why))
    return new MountError(message, `choose a directory of your own, or chown "$USER" ${mountpoint}`);
  if (/too many FUSE filesystems/.test(why))
    return new MountError(message, 'unmount some, or raise mount_max in /etc/fuse.conf');
  if (/Operation not permitted/.test(why))
    return new MountError(
      message,
      'fusermount3 is to be set-user-ID root (chmod u+s), and containers need --cap-add SYS_ADMIN',
    );
  return new MountError(message);
}

/** What became of an unmounting. */
export type Unmounted = 'done' | 'busy' | 'not mounted';

/** @throws MountError when it is refused for another reason, or takes longer than `milliseconds` */
export async function unmountByFusermount(
  mountpoint: string,
  { lazy, milliseconds }: { readonly lazy: boolean; readonly milliseconds: number },
): Promise<Unmounted> {
  for (const program of PROGRAMS) {
    const child = start(program, ['-u', ...(lazy ? ['-z'] : []), '--', mountpoint]);
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    const ran = await ending(child).finally(() => clearTimeout(timer));
    if (ran === undefined) continue;
    if (ran.code === 0) return 'done';
    if (/busy/i.test(ran.said)) return 'busy';
    if (/not found in|not mounted|Invalid argument|No such file/i.test(ran.said)) return 'not mounted';
    if (ran.code === null)
      throw new MountError(`unmounting ${mountpoint} took too long`, 'bucketree umount --force');
    throw new MountError(`cannot unmount ${mountpoint}: ${ran.said.replace(/^fusermount3?: /, '')}`);
  }
  throw noProgram('unmounting');
}
