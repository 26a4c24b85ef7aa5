import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import t from 'tap';
import { environment, PROGRAM, started } from './started.js';

t.test('the program runs from wherever it is called', async (t) => {
  const dir = t.testdir();
  const said = execFileSync(process.execPath, [PROGRAM, 'version'], { cwd: dir, env: environment(dir) });
  t.match(said.toString(), /^bucketree \d+\.\d+\.\d+\n$/);
});

t.test('the exit code and the remedy of a mistake reach the shell', async (t) => {
  const dir = t.testdir();
  try {
    execFileSync(process.execPath, [PROGRAM, 'serve'], { cwd: dir, env: environment(dir), stdio: 'pipe' });
    t.fail('it has nothing to serve');
  } catch (error) {
    t.match(error, { status: 2, stderr: /nothing to serve\n {2}fix: bucketree serve DIR/ });
  }
});

t.test('libuv has as many threads as were asked for, or 16', async (t) => {
  const threads = async (env: Readonly<Record<string, string>>): Promise<number> => {
    // Read-only sweeps nothing: no store thread comes and goes while threads are counted.
    const { child } = await started(t, ['.', '--read-only'], t.testdir(), env);
    return readdirSync(`/proc/${child.pid}/task`).length;
  };
  const [few, usual] = [await threads({ UV_THREADPOOL_SIZE: '2' }), await threads({})];
  t.equal(usual - few, 14);
});
