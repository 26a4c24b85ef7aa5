/** Another program that edits files in place, in a process of its own: python3, driven line by line. */
import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';
import { startProcess } from '../os/another-process.js';

export const noPython = spawnSync('python3', ['-c', 'import mmap']).status !== 0 && 'needs python3';

/**
 * Content is always one byte, the generation, all over the file, so that a mixture shows. Commands:
 * - write PATH BYTE CHUNK RESTORE: in place, CHUNK bytes by each write(2); RESTORE 1 puts mtime back
 * - hold PATH / release: has the file open for writing
 * - put BYTE FROM LENGTH: writes through what is held
 * - map PATH / poke BYTE / unmap: a shared mapping whose descriptor is closed
 * - save PATH BYTE MILLISECONDS: truncates, and writes and closes that much later, meanwhile answering
 * - loop HOW PATH SIZE / stop: edits over and over, one generation after the other; stop tells how many
 */
const SCRIPT = `
import mmap, os, sys, threading, time
held = None
view = None
stopping = threading.Event()
looping = None

def write(path, byte, chunk, restore):
    before = os.stat(path)
    fd = os.open(path, os.O_WRONLY)
    data = bytes([byte]) * chunk
    at = 0
    while at < before.st_size:
        at += os.pwrite(fd, data[:before.st_size - at], at)
    if restore:
        os.utime(fd, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.close(fd)

def mapped(path):
    fd = os.open(path, os.O_RDWR)
    result = mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    os.close(fd)
    os.closerange(3, 100)
    return result

def store(path, byte):
    area = mapped(path)
    size = len(area)
    for at in range(0, size, 65536):
        area[at:min(size, at + 65536)] = bytes([byte]) * (min(size, at + 65536) - at)
    area.close()

def later(path, byte, milliseconds):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    def finish():
        time.sleep(milliseconds / 1000)
        os.write(fd, bytes([byte]) * 1000)
        os.close(fd)
    threading.Thread(target=finish).start()

def loop(how, path, size):
    turn = 0
    while not stopping.is_set():
        turn += 1
        byte = turn % 251
        if how == 'whole': write(path, byte, size, False)
        elif how == 'pieces': write(path, byte, max(1, size // 64), False)
        elif how == 'restored': write(path, byte, max(1, size // 4), True)
        elif how == 'mapped': store(path, byte)
        time.sleep(0.01 * (turn % 5))
    print(turn, flush=True)

print('ready', flush=True)
for line in sys.stdin:
    words = line.split()
    what = words[0]
    if what == 'write': write(words[1], int(words[2]), int(words[3]), words[4] == '1')
    elif what == 'hold': held = os.open(words[1], os.O_WRONLY)
    elif what == 'put': os.pwrite(held, bytes([int(words[1])]) * int(words[3]), int(words[2]))
    elif what == 'release': os.close(held)
    elif what == 'map': view = mapped(words[1])
    elif what == 'poke': view[0:len(view)] = bytes([int(words[1])]) * len(view)
    elif what == 'unmap': view.close()
    elif what == 'save': later(words[1], int(words[2]), int(words[3]))
    elif what == 'loop':
        stopping.clear()
        looping = threading.Thread(target=loop, args=(words[1], words[2], int(words[3])))
        looping.start()
    elif what == 'stop':
        stopping.set()
        looping.join()
        continue
    print('done', flush=True)
`;

export interface Editor {
  /** Resolves with what it answers: `done`. */
  tell(...words: readonly (string | number)[]): Promise<string>;
}

export async function startEditor(t: Test): Promise<Editor> {
  const editor = await startProcess('python3', '-c', SCRIPT);
  t.teardown(() => editor.end());
  return { tell: (...words) => editor.ask(words.join(' ')) };
}
