import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { lacking, place } from './server.js';

const SCRIPT = fileURLToPath(new URL('../../../test/clients/with-boto3.py', import.meta.url));

/** A Python that has boto3: the one in the path, or the system's. */
function python(): string | undefined {
  return ['python3', '/usr/bin/python3'].find((program) => {
    try {
      execFileSync(program, ['-c', 'import boto3'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const program = python();
const skip = lacking(program === undefined ? 'boto3 is not installed' : undefined);

t.test('boto3 does what a program asks of S3', { skip, timeout: 300_000 }, async (t) => {
  const { run, store, home } = await place(t);
  const said = await run(program ?? '', [SCRIPT, store, home]);
  for (const line of said.trim().split('\n')) t.pass(line);
  t.match(said, 'everything deleted', 'to the end');
});
