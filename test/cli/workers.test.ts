import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { faultReport } from '../../cli/workers.js';
import { Fault } from '../../cli/fault.js';
import { started } from './started.js';

function childrenOf(pid: number | undefined): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 400 && !condition(); n++) await sleep(50);
}

t.test('workers share one port; one that dies is replaced, and nobody waits for it', async (t) => {
  const { child, url, exited, stderr } = await started(t, ['--workers', '2', '.'], t.testdir({ photos: {} }));
  const serving = (): number => stderr().split('worker serves').length - 1;
  await until(() => serving() === 2);
  const before = childrenOf(child.pid);
  t.equal(before.length, 2);
  const [victim = 0] = before;
  process.kill(victim, 'SIGKILL');
  await until(() => serving() === 3);
  t.equal(childrenOf(child.pid).length, 2);
  t.match(stderr(), /worker ended \(SIGKILL\); starting it again/);
  for (let n = 0; n < 5; n++) {
    const answer = await fetch(url, { headers: { connection: 'close' } });
    t.equal(answer.status, 403);
    await answer.body?.cancel();
  }
  child.kill('SIGTERM');
  t.equal(await exited, 0);
});

t.test('a signal to the whole group, as a terminal sends it, is one stop and no second', async (t) => {
  const { child, exited } = await started(t, ['--workers', '2', '.'], t.testdir());
  await until(() => childrenOf(child.pid).length === 2);
  const pids = [...childrenOf(child.pid), child.pid ?? 0];
  for (const pid of pids) process.kill(pid, 'SIGINT');
  t.equal(await exited, 0);
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

t.test('workers end when their first process is gone', async (t) => {
  const { child, exited } = await started(t, ['--workers', '2', '.'], t.testdir());
  await until(() => childrenOf(child.pid).length === 2);
  const pids = childrenOf(child.pid);
  child.kill('SIGKILL');
  await exited;
  const alive = (): readonly number[] =>
    pids.filter((pid) => {
      try {
        return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return false;
      }
    });
  await until(() => alive().length === 0);
  t.same(alive(), []);
});

t.test('what keeps workers from starting is said once, and ends the program', async (t) => {
  const { url } = await started(t, ['.'], t.testdir());
  const taken = new URL(url).host;
  const failing = started(t, ['--workers', '3', '--listen', taken, '.'], t.testdir());
  await t.rejects(failing, {
    message: /^ended with 1: bucketree: cannot listen on .*EADDRINUSE\)\n {2}fix: [^\n]*\n$/,
  });
});

t.test('a failure is told with its remedy', async (t) => {
  t.same(faultReport(new Fault(1, 'a', 'b')), { kind: 'fault', message: 'a', remedy: 'b' });
  t.same(faultReport('x'), { kind: 'fault', message: 'x', remedy: undefined });
});
