/**
 * Entity tags. A recorded one is honest only while the content is the one it was recorded for; every other
 * file has an opaque tag that changes whenever its content does, and that no client takes for an MD5.
 */
import { hash } from 'node:crypto';
import type { Stamp } from './stamp.js';

/** MD5 of nothing. */
export const EMPTY_ETAG = 'd41d8cd98f00b204e9800998ecf8427e';

/**
 * @param salt what else the stamp cannot vouch for: a file open for writing, or one changed in this very tick,
 *   has another tag than the same stamp at rest
 */
export function opaqueEtag(stamp: Stamp, salt = ''): string {
  if (stamp.size === 0 && salt === '') return EMPTY_ETAG;
  return `${hash('md5', `${stamp.ino}:${stamp.size}:${stamp.mtimeNs}:${stamp.ctimeNs}:${salt}`)}-1`;
}

/** `"abc"` or `W/"abc"` or abc, as clients spell them, to abc. */
export function unquoteEtag(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/s, '$1');
}
