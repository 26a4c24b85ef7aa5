"""Two processes on one file: locks exclude, mappings are shared, appends do not overwrite. Usage: WHAT FILE."""
import fcntl, mmap, os, struct, sys, time

what, path = sys.argv[1:3]
F_OFD_SETLK = 37
WRITE_LOCK = struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


def take(fd):
    """Takes a lock of the kind without waiting: whether it got it."""
    try:
        if what == 'flock':
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif what == 'fcntl':
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            fcntl.fcntl(fd, F_OFD_SETLK, WRITE_LOCK)
        return True
    except (BlockingIOError, PermissionError):
        return False


def in_child(run):
    """What `run` answers in a process of its own: 0 to 255."""
    pid = os.fork()
    if pid == 0:
        os._exit(int(run()))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
if what in ('flock', 'fcntl', 'ofd'):
    def attempt():
        return take(os.open(path, os.O_RDWR))
    assert take(fd), 'the first gets the lock'
    assert in_child(attempt) == 0, 'another process does not'
    os.close(fd)
    assert in_child(attempt) == 1, 'after the close it does'
elif what == 'mapping':
    os.ftruncate(fd, 8192)
    ours = mmap.mmap(fd, 8192)

    def store():
        theirs = mmap.mmap(os.open(path, os.O_RDWR), 8192)
        theirs[5000:5005] = b'there'
        return theirs[0:4] == b'here'
    ours[0:4] = b'here'
    assert in_child(store) == 1, 'the child sees what was stored before'
    assert ours[5000:5005] == b'there', 'and its parent what the child stored'
    assert os.pread(fd, 5, 5000) == b'there', 'read(2) too'
    os.pwrite(fd, b'written', 6000)
    assert ours[6000:6007] == b'written', 'write(2) shows in the mapping'
else:
    def lines(who):
        out = os.open(path, os.O_WRONLY | os.O_APPEND)
        for number in range(500):
            os.write(out, b'%d %04d\n' % (who, number))
        return 1
    children = []
    for who in range(4):
        pid = os.fork()
        if pid == 0:
            os._exit(0 if lines(who) else 1)
        children.append(pid)
    for pid in children:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    text = open(path, 'rb').read()
    assert len(text) == 2000 * 7, len(text)
    assert len(set(text.split(b'\n'))) == 2001, 'every line is there, whole'
