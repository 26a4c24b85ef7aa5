"""Rewrites a file in place, again and again: every generation fills it with one 8-byte word, so that a body
that mixes two is not periodic. Runs until its standard input closes.

  rewriter.py small|one|mapping|restore|log PATH BYTES PAUSE_MILLISECONDS
"""
import mmap, os, random, select, struct, sys, time

mode, path, size, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]) / 1000
random.seed(int(sys.argv[5]) if len(sys.argv) > 5 else 1)


def stopped():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def fill(generation):
    return struct.pack('<Q', generation) * (size // 8)


def small(fd, generation):
    block = struct.pack('<Q', generation) * 512
    for at in range(0, size, 4096):
        os.pwrite(fd, block[:min(4096, size - at)], at)


def one(fd, generation):
    block = memoryview(fill(generation))
    at = 0
    while at < size:
        at += os.pwrite(fd, block[at:], at)


generation = int(time.time() * 1000) << 12
if mode == 'log':
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while not stopped():
        generation += 1
        os.write(log, b'%020d a line of the log\n' % generation)
        time.sleep(pause)
    sys.exit(0)

while not stopped():
    generation += 1
    fd = os.open(path, os.O_RDWR)
    before = os.fstat(fd)
    if mode == 'mapping':
        mapped = mmap.mmap(fd, size)
        os.close(fd)
        block = struct.pack('<Q', generation) * 512
        for at in range(0, size, 4096):
            mapped[at:at + 4096] = block[:min(4096, size - at)]
        mapped.close()
    else:
        (one if mode == 'one' else small)(fd, generation)
        if mode == 'restore':
            os.utime(fd, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.close(fd)
    # Mostly no time for a whole read, now and then enough of it.
    time.sleep(pause * random.random() * (2 if random.random() < 0.7 else 40))
