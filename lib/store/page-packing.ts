/**
 * A page on its way between threads: one string and one array of numbers, which cross in a third of the time
 * that a thousand objects take to be cloned, most of it saved on the receiving side.
 */
import { CHECKSUM_ALGORITHMS } from '../checksum.js';
import type { ListedObject, ListedPrefix, ListPage } from './model.js';

export interface PackedPage {
  /** Of each entry in order: key or prefix, then, of an object, entity tag and storage class. */
  readonly text: string;
  /** Of each entry: see COLUMNS. To be transferred, not copied. */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly truncated: boolean;
  readonly next: string;
}

/** Length of the key; of the tag, -1 for a common prefix; of the class; checksum; size; modified. */
const COLUMNS = 6;

export function packPage({ entries, truncated, next }: ListPage): PackedPage {
  const numbers = new Float64Array(COLUMNS * entries.length);
  let text = '';
  let at = 0;
  for (const entry of entries) {
    if (entry.kind === 'prefix') {
      text += entry.prefix;
      numbers[at] = entry.prefix.length;
      numbers[at + 1] = -1;
    } else {
      text += entry.key + entry.etag + entry.storageClass;
      numbers[at] = entry.key.length;
      numbers[at + 1] = entry.etag.length;
      numbers[at + 2] = entry.storageClass.length;
      numbers[at + 3] = packChecksum(entry);
      numbers[at + 4] = entry.size;
      numbers[at + 5] = entry.modified;
    }
    at += COLUMNS;
  }
  return { text, numbers, truncated, next };
}

export function unpackPage({ text, numbers, truncated, next }: PackedPage): ListPage {
  const entries: (ListedObject | ListedPrefix)[] = [];
  let from = 0;
  const take = (length: number): string => text.slice(from, (from += length));
  for (let at = 0; at < numbers.length; at += COLUMNS) {
    const key = take(numbers[at] ?? 0);
    const tag = numbers[at + 1] ?? 0;
    if (tag === -1) {
      entries.push({ kind: 'prefix', prefix: key });
      continue;
    }
    const etag = take(tag);
    const storageClass = take(numbers[at + 2] ?? 0);
    const size = numbers[at + 4] ?? 0;
    const modified = numbers[at + 5] ?? 0;
    const { checksumAlgorithm, checksumType } = CHECKSUMS[(numbers[at + 3] ?? 0) - 2] ?? NO_CHECKSUM;
    // Members one by one: spreading costs as much as all the rest.
    entries.push(
      checksumAlgorithm === undefined || checksumType === undefined
        ? { kind: 'object', key, size, modified, etag, storageClass }
        : { kind: 'object', key, size, modified, etag, storageClass, checksumAlgorithm, checksumType },
    );
  }
  return { entries, truncated, next };
}

/** 0 for none, else the algorithm's position and, in the lowest bit, the type. */
function packChecksum({ checksumAlgorithm, checksumType }: ListedObject): number {
  if (checksumAlgorithm === undefined) return 0;
  return 2 * (CHECKSUM_ALGORITHMS.indexOf(checksumAlgorithm) + 1) + (checksumType === 'COMPOSITE' ? 1 : 0);
}

type Checksum = Pick<ListedObject, 'checksumAlgorithm' | 'checksumType'>;

/** What `packChecksum` numbers, from 2 on. */
const CHECKSUMS: readonly Checksum[] = CHECKSUM_ALGORITHMS.flatMap((checksumAlgorithm): Checksum[] => [
  { checksumAlgorithm, checksumType: 'FULL_OBJECT' },
  { checksumAlgorithm, checksumType: 'COMPOSITE' },
]);

const NO_CHECKSUM: Checksum = {};
