/** Where a reading of a directory is: on the disk, or among the buckets, whose names are taken when it starts. */
import { DirectoryStream } from '../../lib/os/directory-stream.js';
import { DT } from '../../lib/os/names.js';

/** `name` is valid during the call. False: not taken, stop. */
export type ListingVisitor = (name: Buffer, type: number, ino: bigint, next: bigint) => boolean;

export interface Listing {
  read(from: bigint, visit: ListingVisitor): void;
}

/** @param fd a directory, open for reading */
export function listingOf(fd: number): Listing {
  return new DirectoryStream(fd);
}

const DOTS = ['.', '..'];

/** @param names asked anew whenever reading starts over. Inode numbers are not known here: 0. */
export function listingOfNames(names: () => readonly string[]): Listing {
  let known: readonly string[] = [];
  return {
    read(from, visit) {
      if (from === 0n) known = [...DOTS, ...names()];
      for (let at = Number(from); at < known.length; at++) {
        if (!visit(Buffer.from(known[at] ?? ''), DT.DIR, 0n, BigInt(at + 1))) return;
      }
    },
  };
}
