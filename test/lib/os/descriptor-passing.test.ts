import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { receiveDescriptor, socketPair } from '../../../lib/os/descriptor-passing.js';
import { closeFd } from '../../../lib/os/open.js';

const SEND = `
import array, os, socket, sys
with socket.socket(fileno=3) as s, open(sys.argv[1]) as f:
    if sys.argv[2] == 'file':
        s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [f.fileno()]))])
    else:
        s.sendmsg([b'x'])
`;
const skip = spawnSync('python3', ['--version']).status !== 0 && 'needs python3 to send';

async function sent(path: string, what: string): Promise<number> {
  const [ours, theirs] = socketPair();
  t.equal(receiveDescriptor(ours), 'none', 'nothing was sent yet');
  const child = spawn('python3', ['-c', SEND, path, what], {
    stdio: ['ignore', 'ignore', 'inherit', theirs],
  });
  closeFd(theirs);
  await new Promise((resolve) => child.once('exit', resolve));
  return ours;
}

t.test('a file that another process opened is read here', { skip }, async (t) => {
  const directory = t.testdir({ file: 'content' });
  const ours = await sent(`${directory}/file`, 'file');
  const fd = receiveDescriptor(ours);
  if (typeof fd !== 'number') return t.fail(fd);
  t.equal(readFileSync(fd, 'utf8'), 'content');
  t.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'), /flags:\s*0[2-7]\d{6}/, 'closed on exec');
  t.equal(receiveDescriptor(ours), 'end', 'and nothing follows');
  closeFd(fd);
  closeFd(ours);
});

t.test('a message without one is an error', { skip }, async (t) => {
  const ours = await sent(`${t.testdir({ file: '' })}/file`, 'nothing');
  t.throws(() => receiveDescriptor(ours), { code: 'EPROTO' });
  closeFd(ours);
  t.throws(() => receiveDescriptor(-1), { code: 'EBADF' });
});
