/** What a directory's filesystem can do, found out by doing it, in temporary files that are gone afterwards. */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { setAttribute, getAttribute, supportsAttributes } from '../../lib/os/attributes.js';
import { foldsCase } from '../../lib/os/case-fold.js';
import { settled } from '../../lib/os/lease.js';
import { unlinkAt } from '../../lib/os/link.js';
import { closeFd, O, openAt, openDirectory } from '../../lib/os/open.js';
import { fileSystem, statAt, statFd, tryStatAt } from '../../lib/os/stat.js';
import { errnoOf } from '../../lib/errors.js';
import { formatSize } from '../size.js';
import { type Finding, note, ok, problem } from './finding.js';

/** linux/magic.h. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlayfs'],
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
  [0x5346544e, 'NTFS'],
  [0x7366746e, 'NTFS'],
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x00c36400, 'CephFS'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
]);
const NETWORK: ReadonlySet<string> = new Set(['NFS', 'SMB', 'CephFS', 'FUSE', '9P']);
const MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs']);

export interface DirectoryOptions {
  /** Nothing is written, so only what reading shows is looked at. */
  readonly readOnly: boolean;
}

/** Findings in the order of their importance; never throws for what the directory does. */
export function examineDirectory(path: string, { readOnly }: DirectoryOptions): readonly Finding[] {
  const permission = checkPermissions(path, readOnly);
  if (permission.level === 'problem') return [permission];
  const fd = openDirectory(path);
  try {
    const findings = [permission, ...checkFileSystem(path, fd, readOnly)];
    return [...findings, ...(readOnly ? [] : probes(path, fd)), checkOwners(path, fd)];
  } finally {
    closeFd(fd);
  }
}

function checkPermissions(path: string, readOnly: boolean): Finding {
  const wanted = constants.R_OK | constants.X_OK | (readOnly ? 0 : constants.W_OK);
  try {
    readdirSync(path, { withFileTypes: true });
    accessSync(path, wanted);
    return ok('permissions', readOnly ? 'readable' : 'readable and writable', path);
  } catch (error) {
    const errno = errnoOf(error) ?? 'unreadable';
    const uid = process.getuid?.() ?? 'USER';
    const remedies: Readonly<Record<string, string>> = {
      ENOENT: `mkdir -p ${path}`,
      ENOTDIR: 'name the directory it is in',
      EROFS: 'mount it read-write, or serve it with --read-only',
      EACCES: `setfacl -m u:${uid}:rwx ${path}${readOnly ? '' : ', or serve it with --read-only'}`,
    };
    return problem('permissions', `${errno} (uid ${uid})`, remedies[errno] ?? 'see errno(3)', path);
  }
}

const LITTLE = 1024 ** 3;

function checkFileSystem(path: string, fd: number, readOnly: boolean): readonly Finding[] {
  const { type, readOnly: mountedReadOnly, freeBytes, totalBytes, freeFiles } = fileSystem(fd);
  const name = NAMES.get(type) ?? `type 0x${type.toString(16)}`;
  const free = `${formatSize(freeBytes)} of ${formatSize(totalBytes)} free`;
  const findings: Finding[] = [];
  if (NETWORK.has(name)) {
    findings.push(
      note(
        'filesystem',
        `${name}, ${free}: other machines' open files cannot be seen here, so what they write is whole for readers once they close it`,
        'serve it where the disk is, if you can',
        path,
      ),
    );
  } else if (MEMORY.has(name)) {
    findings.push(
      note(
        'filesystem',
        `${name}, ${free}: it is in memory, and gone after a restart`,
        'use a directory on a disk',
        path,
      ),
    );
  } else {
    findings.push(ok('filesystem', `${name}, ${free}`, path));
  }
  if (readOnly) return findings;
  if (mountedReadOnly)
    findings.push(problem('filesystem', 'mounted read-only', 'serve it with --read-only', path));
  if (freeBytes < LITTLE && freeBytes * 20 < totalBytes) {
    findings.push(problem('space', `${free}: uploads will fail with InsufficientStorage`, 'make room', path));
  }
  // Filesystems that make inodes as they go say 0.
  if (freeFiles > 0 && freeFiles < 1000) {
    findings.push(
      problem(
        'space',
        `room for ${freeFiles} files only`,
        'remove files, or make a filesystem with more inodes',
        path,
      ),
    );
  }
  return findings;
}

/** What only a file of our own shows. */
function probes(path: string, directory: number): readonly Finding[] {
  const name = `.bucketree-probe-${randomBytes(6).toString('hex')}a`;
  const fd = openAt(directory, name, O.RDWR | O.CREAT | O.EXCL, 0o600);
  try {
    return [
      checkAttributes(path, fd),
      checkFolding(path, directory, name),
      checkTimestamps(path, fd),
      checkLeases(path, directory, name),
    ];
  } finally {
    closeFd(fd);
    unlinkAt(directory, name);
  }
}

function checkAttributes(path: string, fd: number): Finding {
  const instead = 'metadata go to files in .bucketree/metadata';
  try {
    const value = randomBytes(60);
    setAttribute(fd, 'user.bucketree', value);
    if (getAttribute(fd, 'user.bucketree')?.equals(value) !== true) throw new Error('not kept');
    return ok('attributes', 'extended attributes are kept', path);
  } catch (error) {
    const why = supportsAttributes(fd) ? (errnoOf(error) ?? String(error)) : 'none here';
    return note(
      'attributes',
      `no extended attributes (${why}): ${instead}, and do not follow a file that is copied`,
      'a filesystem with user.* attributes (ext4, btrfs, XFS, ZFS with xattr=sa)',
      path,
    );
  }
}

/** The kernel's word, or another spelling of a file that is there. The probe's name ends in a letter. */
function checkFolding(path: string, directory: number, name: string): Finding {
  const folds = foldsCase(directory) ?? tryStatAt(directory, name.toUpperCase()) !== undefined;
  if (!folds) return ok('case', 'A and a are two names', path);
  return note(
    'case',
    'A and a are one name here: keys that differ in case only are kept in .bucketree/keys',
    'nothing; over S3 both are there',
    path,
  );
}

const SECOND = 1_000_000_000n;

function checkTimestamps(path: string, fd: number): Finding {
  const { mtimeNs, ctimeNs } = statFd(fd);
  const skew = Number(BigInt(Date.now()) - ctimeNs / 1_000_000n);
  if (Math.abs(skew) > 5000) {
    return note(
      'timestamps',
      `its clock is ${(skew / 1000).toFixed(0)} s from ours: files are not cached until they look old`,
      'set both clocks by NTP',
      path,
    );
  }
  if (mtimeNs % SECOND === 0n && ctimeNs % SECOND === 0n) {
    return note(
      'timestamps',
      'times are whole seconds: a file is cached 2 s after its last change only',
      'ext4 made with 256-byte inodes keeps nanoseconds (mke2fs -I 256)',
      path,
    );
  }
  return ok('timestamps', 'times are finer than a second', path);
}

function checkLeases(path: string, directory: number, name: string): Finding {
  const fd = openAt(directory, name, O.RDONLY | O.NONBLOCK);
  try {
    // The probe itself is open for writing: "somebody writes" is the right answer.
    if (settled(fd) === false) return ok('leases', 'files that are open for writing are noticed', path);
  } finally {
    closeFd(fd);
  }
  return note(
    'leases',
    'whether a file is open for writing cannot be asked here: what programs write is whole for readers once they close it',
    'nothing; serve a local filesystem if that matters',
    path,
  );
}

const CAP_LEASE = 28n;

/** Leases on other people's files need CAP_LEASE: looked at with the entries at the top. */
function checkOwners(path: string, directory: number): Finding {
  const uid = process.getuid?.() ?? 0;
  const capable = (capabilities() & (1n << CAP_LEASE)) !== 0n;
  const other = capable
    ? undefined
    : readdirSync(path)
        .slice(0, 1000)
        .find((name) => ownerOf(directory, name) !== uid);
  if (other === undefined)
    return ok('owners', capable ? 'CAP_LEASE is there' : 'files at the top are our own', path);
  return note(
    'owners',
    `${other} belongs to uid ${ownerOf(directory, other)}: whether it is open for writing cannot be asked without CAP_LEASE`,
    `start as the owner, or AmbientCapabilities=CAP_LEASE in the unit`,
    path,
  );
}

function ownerOf(directory: number, name: string): number {
  try {
    return statAt(directory, name).uid;
  } catch {
    return process.getuid?.() ?? 0; // gone meanwhile
  }
}

function capabilities(): bigint {
  const line = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return BigInt(`0x${line?.[1] ?? '0'}`);
}
