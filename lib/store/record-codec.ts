/**
 * The bytes of a record: version, kind, then fields of tag, length, value. 50 bytes for a common object, for
 * ext4 keeps about a hundred inside the inode and spends a 4 KiB block on more. What has its default value is
 * not written. Anybody may write this attribute, so decoding believes nothing and answers undefined.
 */
import { CHECKSUM_ALGORITHMS, type Checksum } from '../checksum.js';
import type { ObjectPart, SystemMetadata, Tag } from './model.js';
import type { Fingerprint, Record, RecordKind } from './record.js';

const VERSION = 1;
const KINDS: readonly RecordKind[] = ['file', 'directory', 'implicit', 'kept'];

/** Positions are the format: append, never reorder. */
const SYSTEM: readonly (keyof SystemMetadata)[] = [
  'contentType',
  'cacheControl',
  'contentDisposition',
  'contentEncoding',
  'contentLanguage',
  'expires',
  'websiteRedirect',
];

/** Types clients send for anything; one byte instead of twenty. Positions are the format. */
const COMMON_TYPES: readonly string[] = [
  'binary/octet-stream',
  'application/octet-stream',
  'text/plain',
  'text/html',
  'application/json',
  'application/xml',
  'image/jpeg',
  'image/png',
  'application/pdf',
  'application/gzip',
  'application/x-www-form-urlencoded',
  'application/x-directory',
  'application/x-directory; charset=UTF-8',
  'text/plain; charset=utf-8',
];

const FIELD = {
  fingerprint: 1,
  etag: 2,
  checksum: 3,
  commonType: 4,
  system: 5,
  user: 6,
  tag: 7,
  storageClass: 8,
  parts: 9,
  rest: 10,
} as const;

class Writer {
  readonly #bytes: Buffer[] = [];

  varint(value: number): this {
    const out: number[] = [];
    let left = value;
    while (left >= 0x80) {
      out.push((left % 0x80) | 0x80);
      left = Math.floor(left / 0x80);
    }
    out.push(left);
    this.#bytes.push(Buffer.from(out));
    return this;
  }

  raw(bytes: Buffer): this {
    this.#bytes.push(bytes);
    return this;
  }

  /** Length, then bytes. */
  block(bytes: Buffer): this {
    return this.varint(bytes.length).raw(bytes);
  }

  text(value: string): this {
    return this.block(Buffer.from(value));
  }

  field(tag: number, write: (value: Writer) => void): this {
    const value = new Writer();
    write(value);
    return this.varint(tag).block(value.finish());
  }

  finish(): Buffer {
    return Buffer.concat(this.#bytes);
  }
}

/** Reads within bounds; past them it throws RangeError, which `decodeRecord` turns into undefined. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < Number.MAX_SAFE_INTEGER; scale *= 0x80) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && Number.isSafeInteger(value)) return value;
      if (byte < 0x80) break;
    }
    throw new RangeError('number too large');
  }

  raw(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new RangeError('value past the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  block(): Buffer {
    return this.raw(this.varint());
  }

  text(): string {
    return this.block().toString('utf8');
  }

  rest(): Buffer {
    return this.raw(this.#bytes.length - this.#at);
  }
}

function writeChecksum(out: Writer, checksum: Checksum): void {
  const [value = '', count = '0'] = checksum.value.split('-');
  out.varint(CHECKSUM_ALGORITHMS.indexOf(checksum.algorithm));
  out.varint(checksum.type === 'COMPOSITE' ? Number(count) + 1 : 0);
  out.raw(Buffer.from(value, 'base64'));
}

function readChecksum(value: Reader): Checksum | undefined {
  const algorithm = CHECKSUM_ALGORITHMS[value.varint()];
  const composite = value.varint();
  const digest = value.rest().toString('base64');
  if (algorithm === undefined) return undefined;
  return composite === 0
    ? { algorithm, type: 'FULL_OBJECT', value: digest }
    : { algorithm, type: 'COMPOSITE', value: `${digest}-${composite - 1}` };
}

function writeParts(out: Writer, parts: readonly ObjectPart[]): void {
  for (const part of parts) {
    out.varint(part.number).varint(part.size);
    out.block(Buffer.from(part.checksum ?? '', 'base64'));
  }
}

function readParts(value: Reader): ObjectPart[] {
  const parts: ObjectPart[] = [];
  while (!value.done) {
    const number = value.varint();
    const size = value.varint();
    const checksum = value.block().toString('base64');
    parts.push(checksum === '' ? { number, size } : { number, size, checksum });
  }
  return parts;
}

function writeEtag(out: Writer, etag: string): void {
  const [digest = '', parts] = etag.split('-');
  out.raw(Buffer.from(digest, 'hex'));
  if (parts !== undefined) out.varint(Number(parts));
}

function readEtag(value: Reader): string {
  const digest = value.raw(16).toString('hex');
  return value.done ? digest : `${digest}-${value.varint()}`;
}

function writeSystem(out: Writer, system: SystemMetadata): void {
  SYSTEM.forEach((member, position) => {
    const text = system[member];
    if (text === undefined) return;
    const common = member === 'contentType' ? COMMON_TYPES.indexOf(text) : -1;
    if (common !== -1) out.field(FIELD.commonType, (value) => value.varint(common));
    else out.field(FIELD.system, (value) => value.varint(position).raw(Buffer.from(text)));
  });
}

function mtimeBytes(mtimeNs: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(mtimeNs);
  return bytes;
}

/**
 * @param rest the id (32 hex digits) of the sidecar that holds the whole record; what is written here then is
 *   the part without which the object could not be served
 */
export function encodeRecord(record: Record, rest?: string): Buffer {
  const out = new Writer().varint(VERSION).varint(KINDS.indexOf(record.kind));
  if (record.kind === 'implicit' || record.kind === 'kept') return out.finish();
  out.field(FIELD.fingerprint, (value) =>
    value.raw(mtimeBytes(record.fingerprint.mtimeNs)).varint(record.fingerprint.size),
  );
  out.field(FIELD.etag, (value) => writeEtag(value, record.etag));
  if (rest !== undefined)
    return out.field(FIELD.rest, (value) => value.raw(Buffer.from(rest, 'hex'))).finish();
  for (const checksum of record.checksums) {
    out.field(FIELD.checksum, (value) => writeChecksum(value, checksum));
  }
  writeSystem(out, record.system);
  for (const [name, text] of Object.entries(record.user)) {
    out.field(FIELD.user, (value) => value.text(name).raw(Buffer.from(text)));
  }
  for (const tag of record.tags)
    out.field(FIELD.tag, (value) => value.text(tag.key).raw(Buffer.from(tag.value)));
  if (record.storageClass !== 'STANDARD') {
    out.field(FIELD.storageClass, (value) => value.raw(Buffer.from(record.storageClass)));
  }
  const { parts } = record;
  if (parts !== undefined) out.field(FIELD.parts, (value) => writeParts(value, parts));
  return out.finish();
}

export interface DecodedRecord {
  readonly record: Record;
  /** The sidecar that holds the whole record. */
  readonly rest: string | undefined;
}

interface Draft {
  fingerprint: Fingerprint;
  etag: string;
  checksums: Checksum[];
  system: { -readonly [K in keyof SystemMetadata]: SystemMetadata[K] };
  user: { [name: string]: string };
  tags: Tag[];
  storageClass: string;
  parts: ObjectPart[] | undefined;
  rest: string | undefined;
}

/** Unknown fields are skipped: a newer writer adds what an older reader need not know. */
const READ: Readonly<{ [field: number]: (draft: Draft, value: Reader) => void }> = {
  [FIELD.fingerprint]: (draft, value) => {
    draft.fingerprint = { mtimeNs: value.raw(8).readBigInt64BE(), size: value.varint() };
  },
  [FIELD.etag]: (draft, value) => {
    draft.etag = readEtag(value);
  },
  [FIELD.checksum]: (draft, value) => {
    const checksum = readChecksum(value);
    if (checksum !== undefined) draft.checksums.push(checksum);
  },
  [FIELD.commonType]: (draft, value) => {
    const type = COMMON_TYPES[value.varint()];
    if (type !== undefined) draft.system.contentType = type;
  },
  [FIELD.system]: (draft, value) => {
    const member = SYSTEM[value.varint()];
    if (member !== undefined) draft.system[member] = value.rest().toString('utf8');
  },
  [FIELD.user]: (draft, value) => {
    const name = value.text();
    draft.user[name] = value.rest().toString('utf8');
  },
  [FIELD.tag]: (draft, value) => {
    const key = value.text();
    draft.tags.push({ key, value: value.rest().toString('utf8') });
  },
  [FIELD.storageClass]: (draft, value) => {
    draft.storageClass = value.rest().toString('utf8');
  },
  [FIELD.parts]: (draft, value) => {
    draft.parts = readParts(value);
  },
  [FIELD.rest]: (draft, value) => {
    draft.rest = value.raw(16).toString('hex');
  },
};

/** undefined: not a record, or of a version we do not know. */
export function decodeRecord(bytes: Buffer): DecodedRecord | undefined {
  try {
    const reader = new Reader(bytes);
    if (reader.varint() !== VERSION) return undefined;
    const kind = KINDS[reader.varint()];
    if (kind === undefined) return undefined;
    const draft: Draft = {
      fingerprint: { size: -1, mtimeNs: 0n },
      etag: '',
      checksums: [],
      system: {},
      user: Object.create(null) as Draft['user'],
      tags: [],
      storageClass: 'STANDARD',
      parts: undefined,
      rest: undefined,
    };
    while (!reader.done) {
      const field = reader.varint();
      const value = new Reader(reader.block());
      READ[field]?.(draft, value);
    }
    const { rest, ...members } = draft;
    return { record: { kind, ...members }, rest };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
