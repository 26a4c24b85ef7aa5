/** Open files that come from another process: unix(7), SCM_RIGHTS over a pair of sockets. */
import { addressOf, declared, lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

interface Calls {
  socketpair(domain: number, type: number, protocol: number, out: Int32Array): number;
  recvmsg(fd: number, header: BigUint64Array, flags: number): number;
}

const calls = declared<Calls>((declare) => ({
  socketpair: declare('socketpair', 'int', 'int', 'int', 'int', 'void *'),
  recvmsg: declare('recvmsg', 'long', 'int', 'void *', 'int'),
}));

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const CONTROL_HEADER_BYTES = 16;
/** Room for one descriptor; the kernel closes what does not fit. */
const CONTROL_BYTES = CONTROL_HEADER_BYTES + 8;

/** Both ends are close-on-exec: give one to a child by its `stdio`. */
export function socketPair(): readonly [number, number] {
  const pair = new Int32Array(2);
  if (calls().socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair) !== 0) throw lastError('socketpair');
  return [pair[0] ?? -1, pair[1] ?? -1];
}

/**
 * The descriptor that was sent with the next byte; 'none' when nothing is there yet, 'end' when nothing will come.
 * @throws SystemError EPROTO for a message without a descriptor
 */
export function receiveDescriptor(socket: number): number | 'none' | 'end' {
  const byte = Buffer.allocUnsafeSlow(8);
  const control = new Uint32Array(CONTROL_BYTES / 4);
  // struct iovec, then struct msghdr: name, its length, iovec, how many, control, its length, flags.
  const vector = new BigUint64Array([addressOf(byte), 1n]);
  const header = new BigUint64Array([
    0n,
    0n,
    addressOf(vector),
    1n,
    addressOf(control),
    BigInt(CONTROL_BYTES),
    0n,
  ]);
  let size: number;
  do size = calls().recvmsg(socket, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (size < 0 && libc().errno() === E.EINTR);
  if (size < 0) {
    const errno = libc().errno();
    if (errno === E.EAGAIN) return 'none';
    if (errno === E.ECONNRESET) return 'end';
    throw new SystemError(errno, 'recvmsg');
  }
  const [length = 0, , level, type, fd = 0] = control;
  if (length >= CONTROL_HEADER_BYTES + 4 && level === SOL_SOCKET && type === SCM_RIGHTS) return fd;
  if (size === 0) return 'end';
  throw new SystemError(E.EPROTO, 'recvmsg');
}
