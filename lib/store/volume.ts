/**
 * What one filesystem can do, learned by trying it once per device and leaving no trace. Until something finer
 * has been proved a filesystem's clock is taken to tick every two seconds, as FAT's does.
 */
import { closeFd, openTemporary } from '../os/open.js';
import { getAttribute, setAttribute } from '../os/attributes.js';
import { isErrno } from '../os/system-error.js';
import { fileSystem, statFd } from '../os/stat.js';
import { setModified } from '../os/times.js';
import { foldsNames } from './folding.js';
import { ATTRIBUTE } from './layout.js';

export interface Volume {
  /** `user.*` attributes can be set. */
  readonly attributes: boolean;
  /** Unnamed temporary files (O_TMPFILE) can be made. */
  readonly unnamed: boolean;
  /** Names of another case or normalisation reach the same entry. */
  readonly folds: boolean;
  /** Two changes closer than this can carry the same time stamp. */
  readonly granularityNs: bigint;
  /** Times are stored rounded down to a multiple of this. */
  readonly resolutionNs: bigint;
}

const SECOND = 1_000_000_000n;
/** The kernel's coarse clock moves once a jiffy, at least 100 times a second. */
const TICK = 10_000_000n;
const COARSEST = 2n * SECOND;

/** An odd second and a full nanosecond part: what is left of it tells the resolution. */
const PROBE_TIME = 1_000_000_001n * SECOND + 123_456_789n;

function resolutionOf(fd: number): bigint {
  setModified(fd, PROBE_TIME);
  const lost = PROBE_TIME - statFd(fd).mtimeNs;
  if (lost === 0n) return 1n;
  if (lost < TICK) return TICK;
  return lost < SECOND ? SECOND : COARSEST;
}

function keepsAttributes(fd: number): boolean {
  try {
    setAttribute(fd, ATTRIBUTE, Buffer.from([0]));
    return true;
  } catch {
    return false;
  }
}

/** On a directory we may not write into: absent and unsupported answer differently. */
function hasAttributes(fd: number): boolean {
  try {
    getAttribute(fd, ATTRIBUTE);
    return true;
  } catch (error) {
    return !isErrno(error, 'EOPNOTSUPP', 'ENOSYS');
  }
}

function probe(directory: number, mayWrite: boolean): Volume {
  const folds = foldsNames(directory, mayWrite);
  const unnamed = mayWrite && !fileSystem(directory).readOnly ? temporary(directory) : undefined;
  if (unnamed === undefined) {
    return {
      attributes: hasAttributes(directory),
      unnamed: false,
      folds,
      granularityNs: COARSEST,
      resolutionNs: COARSEST,
    };
  }
  try {
    const resolutionNs = resolutionOf(unnamed);
    return {
      attributes: keepsAttributes(unnamed),
      unnamed: true,
      folds,
      granularityNs: resolutionNs > TICK ? resolutionNs : TICK,
      resolutionNs,
    };
  } finally {
    closeFd(unnamed);
  }
}

function temporary(directory: number): number | undefined {
  try {
    return openTemporary(directory, 0o600);
  } catch {
    return undefined;
  }
}

/** Device numbers of what was unmounted are given again: to another kind of filesystem, at another mount. */
const known = new Map<string, Volume>();

/** @param directory a directory of the filesystem, open for reading */
export function volumeOf(directory: number, mayWrite: boolean): Volume {
  const { dev, mountId } = statFd(directory);
  const name = [dev, mountId, fileSystem(directory).type, mayWrite].join(':');
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const volume = probe(directory, mayWrite);
  known.set(name, volume);
  return volume;
}

/**
 * The modification time to give new content: one that no later edit can repeat. The kernel stamps edits with
 * its own coarse clock, so the exact nanosecond is ours alone; where the filesystem drops it, the tick before.
 */
export function modificationTime(volume: Volume, nowNs: bigint): bigint {
  if (volume.resolutionNs === 1n) return nowNs;
  return nowNs - (nowNs % volume.resolutionNs) - volume.resolutionNs;
}
