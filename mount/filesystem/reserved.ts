/** The one name the mount does not show, anywhere. */
import { RESERVED } from '../../lib/store/layout.js';

const reserved = Buffer.from(RESERVED);

export function isReservedName(name: Buffer): boolean {
  return name.length === reserved.length && name.equals(reserved);
}
