"""What a program does in a mount on a bad day; what happened is said on its output, as JSON. A path it is given is
in the mount; errors are said by name."""
import ctypes, errno, json, os, sys

BLOCK = 65536


def name_of(error):
    return errno.errorcode[error.errno]


def fill(path):
    """Blocks that tell their number until the disk is full; how many were written whole."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    number = 0
    try:
        while True:
            block = (b'%07d\n' % number) * (BLOCK // 8)
            if os.write(fd, block) < BLOCK:
                continue
            number += 1
            if number % 32 == 0:
                os.fsync(fd)
    except OSError as error:
        ended = name_of(error)
    try:
        os.close(fd)
    except OSError as error:
        ended = f'close: {name_of(error)}'
    return {'blocks': number, 'errno': ended}


def intact(path, blocks):
    with open(path, 'rb') as file:
        return all(file.read(BLOCK) == (b'%07d\n' % number) * (BLOCK // 8) for number in range(int(blocks)))


def attempt(action):
    try:
        action()
        return 'done'
    except OSError as error:
        return name_of(error)


def write(path, flags=os.O_CREAT):
    fd = os.open(path, os.O_WRONLY | flags)
    try:
        os.write(fd, b'written')
        os.fsync(fd)
    finally:
        os.close(fd)


def changes(at):
    """Every way to change something under a directory that has `file` and `directory`."""
    return {
        'create': attempt(lambda: write(f'{at}/new')),
        'write': attempt(lambda: write(f'{at}/file', 0)),
        'truncate': attempt(lambda: os.truncate(f'{at}/file', 0)),
        'chmod': attempt(lambda: os.chmod(f'{at}/file', 0o600)),
        'utime': attempt(lambda: os.utime(f'{at}/file', (1, 1))),
        'setxattr': attempt(lambda: os.setxattr(f'{at}/file', 'user.colour', b'blue')),
        'tag': attempt(lambda: os.setxattr(f'{at}/file', 'user.s3.tag.a', b'b')),
        'link': attempt(lambda: os.link(f'{at}/file', f'{at}/link')),
        'symlink': attempt(lambda: os.symlink('file', f'{at}/symlink')),
        'rename': attempt(lambda: os.rename(f'{at}/file', f'{at}/other')),
        'mkdir': attempt(lambda: os.mkdir(f'{at}/made')),
        'rmdir': attempt(lambda: os.rmdir(f'{at}/directory')),
        'mkfifo': attempt(lambda: os.mkfifo(f'{at}/fifo')),
        'unlink': attempt(lambda: os.unlink(f'{at}/file')),
    }


def hold(at, count):
    """So many files open at once, each written when it was made and read when all are open."""
    files = []
    try:
        for number in range(int(count)):
            fd = os.open(f'{at}/{number}', os.O_RDWR | os.O_CREAT)
            files.append(fd)
            os.write(fd, b'%d' % number)
        ended = 'done'
    except OSError as error:
        ended = name_of(error)
    right = sum(os.pread(fd, 100, 0) == b'%d' % number for number, fd in enumerate(files))
    for number, fd in enumerate(files):
        os.pwrite(fd, b'again', 10)
        os.close(fd)
    again = sum(os.path.getsize(f'{at}/{number}') == 15 for number in range(len(files)))
    return {'ended': ended, 'open': len(files), 'right': right, 'again': again}


def long_names(at):
    os.chdir(at)
    told = {}
    for name in ['a' * 255, 'ä' * 127 + 'z', '日' * 85, b'\xff' * 255]:
        write(name)
        os.mkdir(f'{at}/d')
        os.rename(name, os.path.join(os.fsencode(at), b'd', os.fsencode(name)))
        os.chdir('d')
        assert os.listdir(b'.') == [os.fsencode(name)]
        assert os.path.getsize(name) == 7
        os.link(name, b'x' * 255)
        os.unlink(name)
        os.rename(b'x' * 255, name)
        os.symlink(os.fsencode(name), b'l' * 255)
        assert open(b'l' * 255, 'rb').read() == b'written'
        os.unlink(b'l' * 255)
        os.rename(name, os.path.join(os.fsencode(at), os.fsencode(name)))
        os.chdir(at)
        os.rmdir('d')
    told['create'] = attempt(lambda: write('a' * 256))
    told['lookup'] = attempt(lambda: os.stat('a' * 256))
    told['mkdir'] = attempt(lambda: os.mkdir('日' * 86))
    told['rename'] = attempt(lambda: os.rename('a' * 255, 'a' * 256))
    told['symlink'] = attempt(lambda: os.symlink('x', 'b' * 256))
    return told


def many(at, count):
    count = int(count)
    names = os.listdir(at)
    seen = set(names)
    told = {'names': len(names), 'distinct': len(seen), 'all': all(f'file-{n}' in seen for n in range(count))}
    with os.scandir(at) as entries:
        told['files'] = sum(entry.is_file() for entry in entries)
    for number in range(200):
        os.close(os.open(f'{at}/new-{number}', os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    told['created'] = sum(name.startswith('new-') for name in os.listdir(at))
    for number in range(200):
        os.unlink(f'{at}/new-{number}')
        os.unlink(f'{at}/file-{number}')
    told['left'] = len(os.listdir(at))
    told['gone'] = attempt(lambda: os.stat(f'{at}/file-0'))
    told['there'] = attempt(lambda: os.stat(f'{at}/file-{count - 1}'))
    # What is removed while it is listed: nothing that stays is left out, nothing comes twice.
    listed = []
    with os.scandir(at) as entries:
        for number, entry in enumerate(entries):
            listed.append(entry.name)
            if number % 100 == 0:
                os.unlink(entry.path)
    told['removing'] = [len(listed), len(set(listed))]
    return told


def deep(at, levels):
    """A path far longer than PATH_MAX, made, used and removed step by step."""
    name = 'd' * 200
    os.chdir(at)
    for level in range(int(levels)):
        os.mkdir(name)
        os.chdir(name)
    write('bottom')
    os.rename('bottom', 'renamed')
    os.mkdir('sibling')
    os.rename('renamed', 'sibling/renamed')
    os.setxattr('sibling/renamed', 'user.colour', b'blue')
    told = {
        'read': open('sibling/renamed').read(),
        'xattr': os.getxattr('sibling/renamed', 'user.colour').decode(),
        'list': os.listdir('.'),
        'path': attempt(lambda: os.stat('/'.join([at] + [name] * int(levels)))),
    }
    # In the middle, somewhere else: what is below comes along.
    here = os.open('.', os.O_RDONLY)
    middle = '/'.join([at] + [name] * 10)
    os.rename(middle, f'{at}/moved')
    told['moved'] = os.listdir(here)
    told['after'] = open('sibling/renamed').read()
    os.rename(f'{at}/moved', middle)
    print(json.dumps(told), flush=True)
    sys.stdin.readline()
    os.unlink('sibling/renamed')
    os.rmdir('sibling')
    for level in range(int(levels)):
        os.chdir('..')
        os.rmdir(name)
    return {'left': os.listdir(at)}


libc = ctypes.CDLL(None, use_errno=True)


def no_replace(old, new):
    if libc.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), 1) != 0:
        raise OSError(ctypes.get_errno(), 'renameat2')


def storm(at, who):
    """Renames whatever it finds, to names nobody else has, until `stop` is there; `hot` it replaces."""
    errors = {}
    renamed = 0
    while not os.path.exists(f'{at}/stop'):
        for name in os.listdir(at):
            try:
                if name == 'stop':
                    continue
                if name.startswith('hot'):
                    os.rename(f'{at}/{name}', f'{at}/hot{renamed % 3}')
                else:
                    no_replace(f'{at}/{name}', f'{at}/{name.split("~")[0]}~{who}-{renamed}')
                renamed += 1
            except OSError as error:
                errors[name_of(error)] = errors.get(name_of(error), 0) + 1
    return {'renamed': renamed, 'errors': errors}


def busy(at):
    """Has a file open, says so, and goes on with it when told to."""
    fd = os.open(f'{at}/busy', os.O_RDWR | os.O_CREAT)
    os.write(fd, b'before')
    print(json.dumps({'pid': os.getpid()}), flush=True)
    sys.stdin.readline()
    told = {'write': attempt(lambda: os.write(fd, b' after')), 'close': attempt(lambda: os.close(fd))}
    return told


def look(at):
    return {
        'list': attempt(lambda: os.listdir(at)),
        'read': attempt(lambda: open(f'{at}/file').read()),
        'stat': attempt(lambda: os.stat(f'{at}/file')),
        'statfs': attempt(lambda: os.statvfs(at)),
        'write': attempt(lambda: write(f'{at}/file')),
        'create': attempt(lambda: write(f'{at}/new')),
    }


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
