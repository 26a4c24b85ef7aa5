"""Somebody who works in a directory: does what lines of JSON say, one after the other, and answers each with one."""
import base64, errno, json, mmap, os, stat, sys

root = sys.argv[1]
maps = {}


def at(path):
    return os.path.join(root, path)


def text(data):
    return base64.b64encode(data).decode()


def look(path):
    """Everything a program can ask of a name."""
    try:
        return look_at(at(path))
    except OSError as error:
        return {'errno': errno.errorcode[error.errno]}


def look_at(full):
    found = os.lstat(full)
    seen = {
        'mode': found.st_mode, 'nlink': found.st_nlink, 'size': found.st_size,
        'mtime': str(found.st_mtime_ns), 'ctime': str(found.st_ctime_ns),
    }
    if stat.S_ISDIR(found.st_mode):
        seen['names'] = sorted(os.listdir(full))
    elif stat.S_ISREG(found.st_mode):
        with open(full, 'rb', buffering=0) as file:
            seen['body'] = text(file.read())
            seen['fstat'] = os.fstat(file.fileno()).st_size
    return seen


def attributes(path, names):
    values = {}
    for name in names:
        try:
            values[name] = os.getxattr(at(path), name).decode()
        except OSError as error:
            values[name] = errno.errorcode[error.errno]
    values['listed'] = ' '.join(sorted(name for name in os.listxattr(at(path)) if name.startswith('user.s3.')))
    return values


def write(path, body, flags):
    fd = os.open(at(path), flags | os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(fd, base64.b64decode(body))
    finally:
        os.close(fd)


def save(path, body):
    write(path + '.new', body, os.O_TRUNC)
    os.rename(at(path + '.new'), at(path))


def store(path, letter):
    """The first byte, through a mapping that outlives its descriptor."""
    fd = os.open(at(path), os.O_RDWR)
    maps[path] = mmap.mmap(fd, 0)
    os.close(fd)
    maps[path][0:1] = letter.encode()


def unmap(path):
    maps.pop(path).close()


def remove(path):
    os.rmdir(at(path)) if os.path.isdir(at(path)) else os.unlink(at(path))


actions = {
    'look': lambda paths: {path: look(path) for path in paths},
    'attributes': attributes,
    'setxattr': lambda path, name, value: os.setxattr(at(path), name, value.encode()),
    'write': lambda path, body: write(path, body, os.O_TRUNC),
    'overwrite': lambda path, body: write(path, body, 0),
    'append': lambda path, body: write(path, body, os.O_APPEND),
    'save': save,
    'truncate': lambda path, size: os.truncate(at(path), size),
    'chmod': lambda path, mode: os.chmod(at(path), mode),
    'touch': lambda path, seconds: os.utime(at(path), (seconds, seconds)),
    'rename': lambda path, to: os.rename(at(path), at(to)),
    'mkdir': lambda path: os.mkdir(at(path)),
    'remove': remove,
    'store': store,
    'unmap': unmap,
}

for line in sys.stdin:
    what, *words = json.loads(line)
    try:
        answer = {'value': actions[what](*words)}
    except OSError as error:
        answer = {'errno': errno.errorcode[error.errno]}
    print(json.dumps(answer), flush=True)
