/** Messages written field by field, in the order of the structures in fuse.h: what the codec is held to. */
import { Message } from '../../../mount/kernel/message.js';

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

/** With its NUL. */
export function name(text: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc(1)]);
}

export function zeros(size: number): Buffer {
  return Buffer.alloc(size);
}

export interface Head {
  readonly opcode: number;
  readonly unique?: bigint;
  readonly node?: bigint;
  readonly uid?: number;
  readonly gid?: number;
  readonly pid?: number;
  /** Bytes behind the body: struct fuse_ext_header. */
  readonly extension?: Buffer;
}

/** struct fuse_in_header and a body. */
export function request(head: Head, ...body: readonly Buffer[]): Buffer {
  const { opcode, unique = 7n, node = 1n, uid = 0, gid = 0, pid = 0, extension = Buffer.alloc(0) } = head;
  const rest = Buffer.concat([...body, extension]);
  return Buffer.concat([
    u32(40 + rest.length),
    u32(opcode),
    u64(unique),
    u64(node),
    u32(uid),
    u32(gid),
    u32(pid),
    u16(extension.length / 8),
    u16(0),
    rest,
  ]);
}

/** struct fuse_out_header and a body. */
export function answer(unique: bigint, error: number, ...body: readonly Buffer[]): Buffer {
  const rest = Buffer.concat(body);
  return Buffer.concat([u32(16 + rest.length), i32(error), u64(unique), rest]);
}

/** The bytes, and behind them what an earlier, longer message left. */
export function inMemory(bytes: Buffer, size = bytes.length + 4096): Message {
  const message = new Message(size);
  message.bytes.fill(0xaa);
  message.bytes.set(bytes);
  return message;
}
