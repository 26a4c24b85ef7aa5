/**
 * INIT: what the kernel offers, what is taken of it. Pure. Wanted features the kernel lacks are left out, down
 * to protocol 7.31 (Linux 5.4); an older one is refused.
 *
 * Never taken: WRITEBACK_CACHE (the kernel would ignore sizes and times changed behind it), READDIRPLUS_AUTO
 * (2.6 times slower on a cold `ls -l`), the lock operations (the kernel's own locks are enough),
 * NO_OPEN_SUPPORT (no RELEASE, so no end of a write), REQUEST_TIMEOUT (it aborts the whole mount).
 */
import type { Dialect } from './decode.js';
import type { Welcome } from './encode.js';
import type { Notifiable } from './notifications.js';
import { INIT, INIT2, MAJOR, MAX_PAGES, MAX_WRITE, NEWEST_MINOR, OLDEST_MINOR, SINCE } from './protocol.js';
import type { Hello } from './request.js';

export interface Wishes {
  /** Reads and writes past us, where the kernel and our rights allow. */
  readonly passthrough: boolean;
  /** Nodes survive a restart, so NFS and Samba may keep handles of them. */
  readonly exportable: boolean;
  /**
   * Layers of stacked filesystems below the mount that passthrough reaches through: 1 for a plain disk, 2 for an
   * overlay, on which the kernel then lets nothing be stacked any more.
   */
  readonly stackDepth: 1 | 2;
}

/** What both sides agreed on. Plain data: kept for a session that takes the descriptor over. */
export interface Agreement extends Dialect, Notifiable {
  readonly minor: number;
  readonly passthrough: boolean;
  /** OPEN's answer may say that closing needs no FLUSH (7.35). */
  readonly noFlush: boolean;
  /**
   * Names read of a directory may be kept. The kernel compares the directory's mtime with the one before it read,
   * which tells two changes apart where the clock is fine enough: since Linux 6.13 (7.42 is the next).
   */
  readonly listings: boolean;
}

export type Negotiated =
  | { readonly kind: 'agreed'; readonly welcome: Welcome; readonly agreement: Agreement }
  /** Another INIT, in our major version, will follow. */
  | { readonly kind: 'again'; readonly welcome: Welcome }
  | { readonly kind: 'refused'; readonly why: string };

const WANTED =
  INIT.ASYNC_READ |
  INIT.ATOMIC_O_TRUNC |
  INIT.BIG_WRITES |
  INIT.DONT_MASK |
  INIT.AUTO_INVAL_DATA |
  INIT.DO_READDIRPLUS |
  INIT.ASYNC_DIO |
  INIT.PARALLEL_DIROPS |
  INIT.POSIX_ACL |
  INIT.ABORT_ERROR |
  INIT.MAX_PAGES |
  INIT.HANDLE_KILLPRIV_V2 |
  INIT.SETXATTR_EXT |
  INIT.INIT_EXT;

const WANTED2 =
  INIT2.CREATE_SUPP_GROUP | INIT2.HAS_EXPIRE_ONLY | INIT2.DIRECT_IO_ALLOW_MMAP | INIT2.HAS_RESEND;

const NOFLUSH_SINCE = 35;
const FINE_CLOCK_SINCE = 42;

function welcomeWith(hello: Hello, flags: number, flags2: number, stackDepth: number): Welcome {
  return {
    major: MAJOR,
    minor: Math.min(hello.minor, NEWEST_MINOR),
    maxReadahead: hello.maxReadahead,
    flags: flags >>> 0,
    flags2: flags2 >>> 0,
    maxBackground: 64,
    congestionThreshold: 48,
    maxWrite: MAX_WRITE,
    timeGranularity: 1,
    maxPages: (flags & INIT.MAX_PAGES) === 0 ? 0 : MAX_PAGES,
    maxStackDepth: (flags2 & INIT2.PASSTHROUGH) === 0 ? 0 : stackDepth,
  };
}

export function negotiate(hello: Hello, wishes: Wishes): Negotiated {
  if (hello.major > MAJOR) return { kind: 'again', welcome: welcomeWith(hello, 0, 0, 0) };
  if (hello.major < MAJOR || hello.minor < OLDEST_MINOR) {
    const theirs = `${hello.major}.${hello.minor}`;
    return { kind: 'refused', why: `this kernel speaks FUSE ${theirs}; ${MAJOR}.${OLDEST_MINOR} is needed` };
  }
  const wanted = wishes.exportable ? WANTED | INIT.EXPORT_SUPPORT : WANTED;
  const flags = hello.flags & wanted;
  const offered2 = (hello.flags & INIT.INIT_EXT) === 0 ? 0 : hello.flags2;
  const wanted2 =
    WANTED2 |
    (wishes.passthrough ? INIT2.PASSTHROUGH : 0) |
    (wishes.exportable ? 0 : INIT2.NO_EXPORT_SUPPORT);
  const flags2 = offered2 & wanted2;
  return {
    kind: 'agreed',
    welcome: welcomeWith(hello, flags, flags2, wishes.stackDepth),
    agreement: {
      minor: Math.min(hello.minor, NEWEST_MINOR),
      setxattrExt: (flags & INIT.SETXATTR_EXT) !== 0,
      passthrough: (flags2 & INIT2.PASSTHROUGH) !== 0,
      noFlush: hello.minor >= NOFLUSH_SINCE,
      listings: hello.minor >= FINE_CLOCK_SINCE,
      expireOnly: (flags2 & INIT2.HAS_EXPIRE_ONLY) !== 0,
      epoch: hello.minor >= SINCE.INC_EPOCH,
    },
  };
}
