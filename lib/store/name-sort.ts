/**
 * Sorting a million names by their bytes without a string for any. Four bytes of each name and its index make
 * one 64-bit number, and the engine sorts such numbers natively; names equal so far go on with their next four.
 */

/** Up to so many, comparing beats making numbers. */
const FEW = 12;

/** Where the names of one directory are: each ends with NUL, which no name contains and which sorts first. */
export interface PackedNames {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly count: number;
}

/** The indices of the names, in the order of their bytes. */
export function sortNames(names: PackedNames): Uint32Array {
  const order = new Uint32Array(names.count);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (order.length <= FEW) sortFew(names, order, 0, order.length, 0);
  else sortRange(names, order, new BigUint64Array(order.length), 0, order.length, 0);
  return order;
}

/** Sorts order[from, to), whose names agree in their first `depth` bytes. */
function sortRange(
  names: PackedNames,
  order: Uint32Array,
  scratch: BigUint64Array,
  from: number,
  to: number,
  depth: number,
): void {
  const skipped = depth + commonLength(names, order, from, to, depth);
  const numbers = scratch.subarray(from, to);
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const index = order[from + i] ?? 0;
    words[2 * i] = index;
    words[2 * i + 1] = fourBytes(names.bytes, (names.starts[index] ?? 0) + skipped);
  }
  numbers.sort();
  for (let i = 0; i < numbers.length; i++) order[from + i] = words[2 * i] ?? 0;
  for (let start = 0; start < numbers.length;) {
    const four = words[2 * start + 1] ?? 0;
    let end = start + 1;
    while (end < numbers.length && words[2 * end + 1] === four) end++;
    // A name that ended within the four bytes equals its neighbours: no directory has those, and order is moot.
    if ((four & 0xff) !== 0) {
      if (end - start <= FEW) sortFew(names, order, from + start, from + end, skipped + 4);
      else sortRange(names, order, scratch, from + start, from + end, skipped + 4);
    }
    start = end;
  }
}

/** How many bytes behind `depth` all names of the range share. */
function commonLength(
  { bytes, starts }: PackedNames,
  order: Uint32Array,
  from: number,
  to: number,
  depth: number,
): number {
  const first = (starts[order[from] ?? 0] ?? 0) + depth;
  let length = 0;
  while (bytes[first + length] !== 0) length++;
  for (let i = from + 1; i < to && length > 0; i++) {
    const other = (starts[order[i] ?? 0] ?? 0) + depth;
    let same = 0;
    while (same < length && bytes[first + same] === bytes[other + same]) same++;
    length = same;
  }
  return length;
}

/** Big-endian, so that numbers compare as bytes do; zeros behind the end of the name. */
function fourBytes(bytes: Uint8Array, at: number): number {
  const a = bytes[at] ?? 0;
  if (a === 0) return 0;
  const b = bytes[at + 1] ?? 0;
  if (b === 0) return (a << 24) >>> 0;
  const c = bytes[at + 2] ?? 0;
  if (c === 0) return ((a << 24) | (b << 16)) >>> 0;
  return ((a << 24) | (b << 16) | (c << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** By insertion. */
function sortFew(names: PackedNames, order: Uint32Array, from: number, to: number, depth: number): void {
  for (let i = from + 1; i < to; i++) {
    const moving = order[i] ?? 0;
    let at = i;
    for (; at > from; at--) {
      const before = order[at - 1] ?? 0;
      if (!isLess(names, moving, before, depth)) break;
      order[at] = before;
    }
    order[at] = moving;
  }
}

function isLess({ bytes, starts }: PackedNames, a: number, b: number, depth: number): boolean {
  let at = (starts[a] ?? 0) + depth;
  let other = (starts[b] ?? 0) + depth;
  while (bytes[at] === bytes[other] && bytes[at] !== 0) {
    at++;
    other++;
  }
  return (bytes[at] ?? 0) < (bytes[other] ?? 0);
}
