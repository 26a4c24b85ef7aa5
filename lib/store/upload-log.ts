/**
 * What happened to one upload, as an append-only file: what it is, which slots of its content file were claimed,
 * which parts were acknowledged. One line each, `CRC32 JSON`, so that ten thousand parts are one read and a line
 * torn by a crash is told from a whole one. The state is what the lines add up to; it is read on from where it
 * was left, for nobody ever changes a whole line.
 */
import { crc32 } from 'node:zlib';
import { readFd, writeFd } from '../os/open.js';
import { statFd } from '../os/stat.js';
import { truncate } from '../os/copy.js';
import type { PartInfo, UploadInfo } from './model.js';

/** An acknowledged part. */
export interface Part extends PartInfo {
  /** Its file in the upload's directory; undefined: its slot of the content file. */
  readonly file?: string;
}

export type Entry =
  | { readonly kind: 'upload'; readonly info: UploadInfo }
  /** The slot of this part belongs to one attempt, for ever; `size` is what it declared. */
  | { readonly kind: 'claim'; readonly number: number; readonly size: number }
  | { readonly kind: 'part'; readonly part: Part };

export interface UploadState {
  readonly info: UploadInfo;
  /** What the first attempt with a size declared: every slot of the content file is this long. */
  readonly slotSize: number | undefined;
  /** Part 1 declared the same size, so what is shorter will be a last part. */
  readonly confirmed: boolean;
  readonly claimed: ReadonlySet<number>;
  /** The last acknowledged attempt of each part. */
  readonly parts: ReadonlyMap<number, Part>;
}

const CRC_DIGITS = 8;
const NEWLINE = 0x0a;

/** A value on a line of its own, checksummed. */
export function encodeLine(value: unknown): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${crc32(json).toString(16).padStart(CRC_DIGITS, '0')} ${json}\n`);
}

/** The value of a line (without its newline); undefined when it is not whole. */
export function decodeLine(line: Buffer): unknown {
  const json = line.subarray(CRC_DIGITS + 1);
  const sum = Number.parseInt(line.toString('latin1', 0, CRC_DIGITS), 16);
  return json.length > 0 && sum === crc32(json) ? JSON.parse(json.toString('utf8')) : undefined;
}

const HEAD_BYTES = 4096;

/** What an upload is, from the first line of its log alone. */
export function readInfo(fd: number): UploadInfo | undefined {
  const { size } = statFd(fd);
  for (let wanted = HEAD_BYTES; ; wanted *= 4) {
    const bytes = Buffer.allocUnsafe(Math.min(wanted, size));
    const head = bytes.subarray(0, readFd(fd, bytes, 0, bytes.length, 0));
    const end = head.indexOf(NEWLINE);
    if (end === -1 && wanted < size) continue;
    const entry = end === -1 ? undefined : decodeLine(head.subarray(0, end));
    return isEntry(entry) && entry.kind === 'upload' ? entry.info : undefined;
  }
}

interface Draft {
  slotSize: number | undefined;
  confirmed: boolean;
  readonly claimed: Set<number>;
  readonly parts: Map<number, Part>;
}

export class UploadLog {
  #info: UploadInfo | undefined;
  #draft: Draft = empty();
  /** Where the next line begins: behind the last whole one. */
  #end = 0;

  /** The state now; undefined when the file does not begin with a whole line that says what the upload is. */
  read(fd: number): UploadState | undefined {
    const { size } = statFd(fd);
    if (size < this.#end) this.#reset();
    if (size > this.#end) this.#follow(fd, size);
    return this.#info === undefined ? undefined : { info: this.#info, ...this.#draft };
  }

  /** Adds a line; under the log's lock, right after `read`, so that what is behind the end is torn. */
  append(fd: number, entry: Entry): void {
    const line = encodeLine(entry);
    if (statFd(fd).size > this.#end) truncate(fd, this.#end);
    writeFd(fd, line, 0, line.length, this.#end);
    this.#end += line.length;
    this.#apply(entry);
  }

  #reset(): void {
    this.#info = undefined;
    this.#draft = empty();
    this.#end = 0;
  }

  #follow(fd: number, size: number): void {
    const bytes = Buffer.allocUnsafe(size - this.#end);
    const news = bytes.subarray(0, readFd(fd, bytes, 0, bytes.length, this.#end));
    let start = 0;
    for (;;) {
      const end = news.indexOf(NEWLINE, start);
      const entry = end === -1 ? undefined : decodeLine(news.subarray(start, end));
      if (entry === undefined) break;
      if (isEntry(entry)) this.#apply(entry);
      start = end + 1;
    }
    this.#end += start;
  }

  #apply(entry: Entry): void {
    const draft = this.#draft;
    switch (entry.kind) {
      case 'upload':
        this.#info ??= entry.info;
        break;
      case 'claim':
        draft.slotSize ??= entry.size;
        draft.confirmed ||= entry.number === 1 && entry.size === draft.slotSize;
        draft.claimed.add(entry.number);
        break;
      case 'part':
        draft.parts.set(entry.part.number, entry.part);
        break;
    }
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function empty(): Draft {
  return { slotSize: undefined, confirmed: false, claimed: new Set(), parts: new Map() };
}
