import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { COMMANDS } from '../../cli/commands.js';
import { completionScript, isShell, SHELLS } from '../../cli/completion.js';

/** What bash would offer for the last word. */
function offered(directory: string, ...words: readonly string[]): string[] {
  const script = join(directory, 'completion.bash');
  writeFileSync(script, completionScript('bash', COMMANDS));
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const run = `source ${script}; COMP_WORDS=(bucketree ${quoted}); COMP_CWORD=${words.length}; _bucketree; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', run], { encoding: 'utf8', cwd: directory }).trim().split('\n');
}

t.test('bash offers commands, second words, flags, values and directories', async (t) => {
  const dir = t.testdir({ photos: {}, 'config.toml': '' });
  t.same(offered(dir, 'se'), ['serve']);
  t.same(offered(dir, 'key', '').sort(), ['add', 'list', 'remove']);
  t.same(offered(dir, 'serve', '--read'), ['--read-only']);
  t.same(offered(dir, 'key', 'remove', '--k'), ['--key']);
  t.same(offered(dir, 'serve', '--durability', ''), ['full', 'data', 'none']);
  t.same(offered(dir, 'serve', '--config', 'con'), ['config.toml']);
  t.same(offered(dir, 'serve', 'ph'), ['photos']);
  t.same(offered(dir, 'env', 'rc'), ['rclone']);
});

t.test('each script is accepted by its shell, where that is installed', async (t) => {
  for (const shell of SHELLS) {
    const script = completionScript(shell, COMMANDS);
    for (const { name } of COMMANDS) t.match(script, name.split(' ')[1] ?? name, `${shell} knows ${name}`);
    const { error, status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    if (error === undefined) t.equal(status, 0, `${shell}: ${stderr}`);
  }
  t.equal(isShell('zsh'), true);
  t.equal(isShell('cmd'), false);
});
