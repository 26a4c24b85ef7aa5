/** Every example of docs/semantics.md, run against the command people start. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { codeBlock, consoleSections, matches, type Section } from './console-blocks.js';
import { COMMAND, CREDENTIALS, serve } from './served.js';

const page = readFileSync(new URL('../../../docs/semantics.md', import.meta.url), 'utf8');
const functions = codeBlock(page, 'bash');
const sections = consoleSections(page);
/** In the page `bucketree` is what `npx bucketree` runs. */
const program = `bucketree() { '${process.execPath}' '${COMMAND}' "$@"; }`;
const MARK = '\u001e';

/** What each command of a section printed, in one shell: variables and functions last. */
async function run(section: Section, directory: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const marked = section.steps.map(({ command }) => `${command}\nprintf '${MARK}'\n`);
  const shell = spawn('bash', ['-c', `exec 2>&1\n${program}\n${functions}\n${marked.join('')}`], {
    cwd: directory,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  let output = '';
  for await (const chunk of shell.stdout.setEncoding('utf8')) output += String(chunk);
  return output.split(MARK).slice(0, -1);
}

const missing = ['bash', 'curl'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
if (missing.length > 0 && process.env['CI'] === 'true')
  throw new Error(`CI must not skip: needs ${missing.join(', ')}`);
const options = missing.length === 0 ? {} : { skip: `needs ${missing.join(', ')}` };

t.test('there are examples to run', async (t) => {
  t.ok(sections.length > 15, 'sections');
  t.ok(sections.flatMap(({ steps }) => steps).length > 150, 'commands');
});

for (const section of sections) {
  const title = [section.title, ...section.serve].join(' ');
  t.test(`docs/semantics.md: ${title}`, options, async (t) => {
    const directory = t.testdir();
    mkdirSync(join(directory, 'store/photos'), { recursive: true });
    mkdirSync(join(directory, 'Pictures'));
    const served = await serve(directory, ['store', '--bucket', 'pictures=Pictures', ...section.serve]);
    t.teardown(() => served.stop());
    const outputs = await run(section, directory, {
      AWS_ENDPOINT_URL: served.url,
      AWS_ACCESS_KEY_ID: CREDENTIALS.id,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secret,
    });
    for (const [index, { command, expected, line }] of section.steps.entries()) {
      const name = `line ${line}: ${command}`;
      const output = outputs[index];
      if (output === undefined) t.fail(`${name}: the shell ended before`);
      else if (matches(expected, output)) t.pass(name);
      else t.equal(output.trimEnd(), expected.join('\n'), `${section.title}, ${name}`);
    }
    t.equal(await served.stop(), 0, 'and the server ends well');
  });
}
