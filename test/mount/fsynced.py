"""Writes into a directory of a mount until that fails, and says in a log elsewhere what fsync(2) or msync(2) said is
on the disk: a line "NAME SIZE" each, where the file's first SIZE bytes are the lines of `line`. Its output is the
errno that ended it.

  fsynced.py append|blocks|mapping|saves DIRECTORY NAME LOG
"""
import errno, mmap, os, sys

how, directory, name, log = sys.argv[1:5]
said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
PAGE = 4096
PAGES = 64


def say(file, size):
    os.write(said, b'%s %d\n' % (file.encode(), size))


def line(number):
    return b'%s %054d\n' % (name.encode().ljust(8)[:8], number)


def page(number):
    return b''.join(line(number * 64 + at) for at in range(64))


def append():
    fd = os.open(f'{directory}/{name}', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    number = 0
    while True:
        os.write(fd, line(number))
        os.fsync(fd)
        number += 1
        say(name, number * 64)


def blocks():
    """A file that has its size from the start, and gets its content block by block."""
    fd = os.open(f'{directory}/{name}', os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, PAGES * PAGE)
    for number in range(PAGES):
        os.pwrite(fd, page(number), number * PAGE)
        os.fdatasync(fd)
        say(name, (number + 1) * PAGE)
    os.close(fd)


def mapping():
    fd = os.open(f'{directory}/{name}', os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, PAGES * PAGE)
    os.fsync(fd)
    mapped = mmap.mmap(fd, PAGES * PAGE)
    os.close(fd)
    for number in range(PAGES):
        mapped[number * PAGE:(number + 1) * PAGE] = page(number)
        mapped.flush()
        say(name, (number + 1) * PAGE)
    mapped.close()


def saves():
    """One name, replaced by rename: whatever is there is whole, and no older than what was said."""
    number = 0
    while True:
        fd = os.open(f'{directory}/.{name}', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(fd, page(number))
        os.fsync(fd)
        os.close(fd)
        os.rename(f'{directory}/.{name}', f'{directory}/{name}')
        at = os.open(directory, os.O_RDONLY)
        os.fsync(at)
        os.close(at)
        say(name, number)
        number += 1


try:
    while True:
        globals()[how]()
except OSError as error:
    print(errno.errorcode[error.errno])
except SystemError as error:
    print(error)
