/** The manual agrees with the program: its options, its commands, the pages it points to. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { OPTIONS } from '../../cli/options.js';
import { optionTable } from './option-table.js';
import { COMMAND } from './served.js';

const root = new URL('../../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

function help(...command: readonly string[]): string {
  return execFileSync(process.execPath, [COMMAND, ...command, '--help'], { encoding: 'utf8' });
}

/** `key add` of `npx bucketree key add STORE --account ann`, wherever code names the program. */
function commandsNamed(): ReadonlySet<string> {
  const code = [...readme.matchAll(/```[a-z]*\n([^]*?)```|`([^`\n]+)`/g)].map(
    ([, block, inline]) => block ?? inline,
  );
  const named = code.join('\n').matchAll(/\bbucketree ((?:key|config) [a-z]+|[a-z]+)/g);
  return new Set([...named].map(([, words]) => words ?? ''));
}

/** Without the blanks that line its columns up. */
function unpadded(table: string): string {
  return table
    .trimEnd()
    .replace(/ +(?=\|)/g, ' ')
    .replace(/(?<=\|) +/g, ' ')
    .replace(/-+(?= \|)/g, '---');
}

t.test('the tables of options are those of the program', async (t) => {
  const tables = [...readme.matchAll(/^\| option +\|.*\n(?:\|.*\n)+/gm)].map(([table]) => unpadded(table));
  t.equal(tables.length, 2);
  t.equal(tables[0], optionTable(OPTIONS, false));
  t.equal(tables[1], optionTable(OPTIONS, true));
});

t.test('every command the manual names has its own help, and a wrong one is refused', async (t) => {
  const commands = commandsNamed();
  for (const expected of ['serve', 'env', 'presign', 'index', 'verify', 'doctor', 'key add', 'config show']) {
    t.ok(commands.has(expected), `the manual shows ${expected}`);
  }
  for (const command of commands) {
    t.match(help(...command.split(' ')), `bucketree ${command}`, `bucketree ${command}`);
  }
  t.equal(spawnSync(process.execPath, [COMMAND, 'no-such-command']).status, 2);
});

t.test('every command the program has is in the manual', async (t) => {
  const list = help().split('\nCommands:\n')[1] ?? '';
  const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? '');
  t.ok(commands.length > 5, 'the help lists commands');
  for (const command of commands) {
    if (command !== 'help') t.match(readme, `bucketree ${command}`, command);
  }
});

t.test('every flag the manual mentions is one', async (t) => {
  const ours = readme.replace(/^(?:rsync|tar|cp) .*$/gm, '').replace(/`(?:rsync|tar|cp|rclone) [^`]*`/g, '');
  const declared = `${optionTable(OPTIONS, false)}\n${optionTable(OPTIONS, true)}`;
  const foreign = new Set(['--checksum', '--help', '--device', '--cap-add', '--security-opt']);
  for (const flag of new Set(ours.match(/(?<=[\s`(])--[a-z][a-z0-9-]*/g))) {
    if (!foreign.has(flag)) t.match(declared, new RegExp(`\`${flag}[ \`]`), flag);
  }
});

t.test('pages the manual points to are there', async (t) => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path]) => path ?? '');
  t.ok(links.length >= 4);
  for (const link of links) t.ok(existsSync(new URL(link, root)), link);
});
