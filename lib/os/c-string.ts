/**
 * Names on their way to the kernel. A string goes as UTF-8 (koffi ends it with NUL); raw bytes are copied
 * once with their NUL. A NUL inside would silently name another file, so it is refused before any call.
 */
import { E, SystemError } from './system-error.js';

/** What a call takes as `const char *`: a string without NUL, or bytes that end with their only NUL. */
export type CString = string | Buffer;

const SLASH = 0x2f;
const DOT = 0x2e;

/** undefined when a NUL is inside. */
export function tryCString(text: string | Buffer): CString | undefined {
  if (typeof text === 'string') return text.includes('\0') ? undefined : text;
  if (text.includes(0)) return undefined;
  const bytes = Buffer.allocUnsafe(text.length + 1);
  text.copy(bytes);
  bytes[text.length] = 0;
  return bytes;
}

/** @throws SystemError EINVAL when a NUL is inside */
export function cString(text: string | Buffer, syscall: string): CString {
  const result = tryCString(text);
  if (result === undefined) throw new SystemError(E.EINVAL, syscall);
  return result;
}

/** One entry of a directory: no slash and not `..`, so it cannot lead out of the directory it is looked up in. */
export function tryCEntry(name: string | Buffer): CString | undefined {
  const leadsOut =
    typeof name === 'string'
      ? name.includes('/') || name === '..'
      : name.includes(SLASH) || (name.length === 2 && name[0] === DOT && name[1] === DOT);
  return leadsOut ? undefined : tryCString(name);
}

/** @throws SystemError EINVAL when a NUL or a slash is inside, or the name is `..` */
export function cEntry(name: string | Buffer, syscall: string): CString {
  const result = tryCEntry(name);
  if (result === undefined) throw new SystemError(E.EINVAL, syscall);
  return result;
}
