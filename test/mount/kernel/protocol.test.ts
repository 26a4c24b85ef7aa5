import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import * as protocol from '../../../mount/kernel/protocol.js';

/** The system's own header, which may be of an older version than ours: what it knows must agree. */
const HEADER = '/usr/include/linux/fuse.h';

t.test(
  'numbers are those of the system’s linux/fuse.h',
  { skip: !existsSync(HEADER) && 'no linux/fuse.h' },
  async (t) => {
    const header = readFileSync(HEADER, 'utf8');
    let compared = 0;
    const compare = (name: string, value: number | bigint): void => {
      const found = numberOf(header, name);
      if (found === undefined) return;
      compared += 1;
      t.equal(BigInt(value), found, name);
    };
    for (const [name, value] of Object.entries(protocol.OPCODE)) compare(`FUSE_${name}`, value);
    for (const [name, value] of Object.entries(protocol.INIT)) compare(`FUSE_${name}`, value >>> 0);
    for (const [name, value] of Object.entries(protocol.INIT2)) compare(`FUSE_${name}`, BigInt(value) << 32n);
    for (const [name, value] of Object.entries(protocol.FATTR)) compare(`FATTR_${name}`, value);
    for (const [name, value] of Object.entries(protocol.FOPEN)) compare(`FOPEN_${name}`, value);
    for (const [name, value] of Object.entries(protocol.NOTIFY)) compare(`FUSE_NOTIFY_${name}`, value);
    compare('FUSE_GETATTR_FH', protocol.GETATTR_FH);
    compare('FUSE_OPEN_KILL_SUIDGID', protocol.OPEN_KILL_SUIDGID);
    compare('FUSE_WRITE_KILL_SUIDGID', protocol.WRITE_KILL_SUIDGID);
    compare('FUSE_FSYNC_FDATASYNC', protocol.FSYNC_FDATASYNC);
    compare('FUSE_EXPIRE_ONLY', protocol.EXPIRE_ONLY);
    t.ok(compared > 80, `${compared} numbers compared`);
  },
);

/** `#define NAME (1 << 3)`, `#define NAME (1ULL << 35)`, `NAME = 3,` */
function numberOf(header: string, name: string): bigint | undefined {
  const shift = new RegExp(String.raw`#define\s+${name}\s+\(1(?:ULL|ull)?\s*<<\s*(\d+)\)`).exec(header);
  if (shift !== null) return 1n << BigInt(shift[1] ?? '');
  const value = new RegExp(String.raw`^\s*${name}\s*=\s*(\d+)`, 'm').exec(header);
  return value === null ? undefined : BigInt(value[1] ?? '');
}
