/** The Range header as S3 reads it: one range of bytes or the whole. RFC 9110 section 14. */

export type RangeResult =
  | { readonly kind: 'whole' }
  /** Bytes [start, end). */
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeResult = { kind: 'whole' };
const UNSATISFIABLE: RangeResult = { kind: 'unsatisfiable' };

/**
 * What part of `size` bytes the header asks for. What is not understood (another unit, several ranges, an
 * end before the start) is no range at all; what lies behind the end cannot be satisfied.
 */
export function parseRange(header: string | undefined, size: number): RangeResult {
  if (header === undefined) return WHOLE;
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  if (match === null) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return WHOLE;
    const count = Number(last);
    if (count === 0 || size === 0) return UNSATISFIABLE;
    return { kind: 'range', start: Math.max(0, size - count), end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return WHOLE;
  if (start >= size) return UNSATISFIABLE;
  return { kind: 'range', start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

/** `bytes=a-b` and nothing else, as x-amz-copy-source-range wants it: bytes [start, end). */
export function parseCopyRange(header: string): { readonly start: number; readonly end: number } | undefined {
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  return start < end ? { start, end } : undefined;
}

/** The Content-Range of bytes [start, end) out of `size`. */
export function contentRange(start: number, end: number, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}
