/**
 * What the kernel is told to forget: include/uapi/linux/fuse.h, fuse_notify_*_out. Pure.
 * A name's invalidation waits in the kernel for whatever is being answered in its directory, so it is written
 * by a thread that answers nothing: see notifier.ts.
 */
import type { NodeId } from '../filesystem/filesystem.js';
import { EXPIRE_ONLY, NOTIFY, OUT_HEADER } from './protocol.js';

export type Notification =
  /** Attributes, and from `offset` on `length` bytes of content; offset -1: attributes only; length 0: to the end. */
  | { readonly kind: 'inode'; readonly node: NodeId; readonly offset: number; readonly length: number }
  /** A name, there or not; `expire`: looked up again when next used, instead of dropped now (Linux 6.2, else dropped). */
  | { readonly kind: 'entry'; readonly parent: NodeId; readonly name: Buffer; readonly expire: boolean }
  /** Every name (Linux 6.16). */
  | { readonly kind: 'epoch' };

/** What this kernel can be told. */
export interface Notifiable {
  readonly expireOnly: boolean;
  readonly epoch: boolean;
}

const LE = true;

function sizeOf(notification: Notification): number {
  switch (notification.kind) {
    case 'inode':
      return OUT_HEADER + 24;
    case 'entry':
      return OUT_HEADER + 16 + notification.name.length + 1;
    case 'epoch':
      return OUT_HEADER;
  }
}

const CODES = { inode: NOTIFY.INVAL_INODE, entry: NOTIFY.INVAL_ENTRY, epoch: NOTIFY.INC_EPOCH } as const;

/** fuse_notify_inval_inode_out: ino 0, off 8, len 16; _entry_out: parent 0, namelen 8, flags 12, name. */
export function encodeNotification(notification: Notification, can: Notifiable): Buffer {
  const bytes = Buffer.alloc(sizeOf(notification));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(0, bytes.length, LE);
  view.setInt32(4, CODES[notification.kind], LE);
  if (notification.kind === 'inode') {
    view.setBigUint64(OUT_HEADER, notification.node, LE);
    view.setBigInt64(OUT_HEADER + 8, BigInt(notification.offset), LE);
    view.setBigInt64(OUT_HEADER + 16, BigInt(notification.length), LE);
  } else if (notification.kind === 'entry') {
    view.setBigUint64(OUT_HEADER, notification.parent, LE);
    view.setUint32(OUT_HEADER + 8, notification.name.length, LE);
    view.setUint32(OUT_HEADER + 12, notification.expire && can.expireOnly ? EXPIRE_ONLY : 0, LE);
    bytes.set(notification.name, OUT_HEADER + 16);
  }
  return bytes;
}
