/** Files of a store are objects: what that means to the mount, put together. */
import type { Bucket } from '../../lib/store/bucket.js';
import { dropRecord, type RecordWrite } from '../../lib/store/records.js';
import type { Eventually } from '../../lib/store/store.js';
import { adopt } from './adopting.js';
import { carryOver, give, type Move, MovedAway } from './carrying.js';
import { keyOf } from './held-object.js';
import { afterEdit, afterTimes, beforeEdit, timeToSet } from './honest-records.js';
import { underKeys } from './locking.js';
import type { Edit, Metadata } from './metadata.js';
import { Xattrs } from './xattrs.js';

const DIRECTORY = { mode: 0o040000 };
const FILE = { mode: 0o100000 };

export class Objects implements Metadata {
  readonly #xattrs = new Xattrs();
  readonly #movedAway = new MovedAway();
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(bucket: Bucket, path: string | undefined, fd: number, name: Buffer): Buffer {
    return this.#xattrs.get(bucket, path, fd, name);
  }

  list(bucket: Bucket, path: string | undefined, fd: number, privileged: boolean): readonly Buffer[] {
    return this.#xattrs.list(bucket, path, fd, privileged);
  }

  set(
    bucket: Bucket,
    path: string | undefined,
    fd: number,
    name: Buffer,
    value: Buffer,
    flags: number,
  ): Eventually<void> {
    return this.#xattrs.set(bucket, path, fd, name, value, flags);
  }

  remove(bucket: Bucket, path: string | undefined, fd: number, name: Buffer): Eventually<void> {
    return this.#xattrs.remove(bucket, path, fd, name);
  }

  moving(bucket: Bucket, move: Move): RecordWrite {
    const now = this.#now();
    const away = move.replaced === undefined ? this.#movedAway.take(bucket, move.to, now) : undefined;
    // Before it is given anything: what it is given is not its name's.
    this.#movedAway.note(move.source ?? bucket, move.from, move.moved, now);
    return carryOver(bucket, move, away);
  }

  created(bucket: Bucket, path: string | undefined, fd: number): Eventually<void> {
    const carried = this.#movedAway.take(bucket, path, this.#now());
    if (carried === undefined) return;
    return underKeys(bucket, [path], () => give(bucket, path, fd, carried).finish());
  }

  removed(bucket: Bucket, path: string | undefined, fd: number | undefined, directory: boolean): void {
    dropRecord(bucket, keyOf(path, directory ? DIRECTORY : FILE), fd);
  }

  touched(bucket: Bucket, path: string | undefined, fd: number): void {
    adopt(bucket, path, fd);
  }

  beforeEdit(bucket: Bucket, path: string | undefined, fd: number): Edit {
    return beforeEdit(bucket, path, fd);
  }

  afterEdit(bucket: Bucket, path: string | undefined, fd: number, before: Edit): Eventually<void> {
    return afterEdit(bucket, path, fd, before);
  }

  timeToSet(bucket: Bucket, before: Edit, mtimeNs: bigint | 'now'): bigint | 'now' {
    return timeToSet(bucket, before, mtimeNs);
  }

  afterTimes(
    bucket: Bucket,
    path: string | undefined,
    fd: number,
    before: Edit,
    asked: bigint | 'now',
  ): Eventually<void> {
    return afterTimes(bucket, path, fd, before, asked);
  }
}
