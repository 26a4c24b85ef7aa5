/**
 * /proc/self/fd/N: the way to a file for calls that want a path where there is only an O_PATH descriptor.
 * The kernel goes to the very inode, a symbolic link's own included, whatever became of its names; proc(5).
 */
const prefix = Buffer.from('/proc/self/fd/');
const path = Buffer.alloc(prefix.length + 12);
prefix.copy(path);
const ZERO = 0x30;

let written = -1;

/** NUL-terminated, and the next call's as well: pass it on at once. The call must follow links. */
export function procPath(fd: number): Buffer {
  if (fd === written) return path;
  let digits = 1;
  for (let rest = fd; rest >= 10; rest = Math.trunc(rest / 10)) digits += 1;
  let at = prefix.length + digits;
  path[at] = 0;
  for (let rest = fd; at > prefix.length; rest = Math.trunc(rest / 10)) path[(at -= 1)] = ZERO + (rest % 10);
  written = fd;
  return path;
}
