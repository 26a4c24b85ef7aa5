import t from 'tap';
import { codeBlock, consoleSections, matches } from './console-blocks.js';

const page = `# Page

## First

\`\`\`bash
f() { true; }
\`\`\`

\`\`\`console
$ echo one
one
$ true
\`\`\`

text

\`\`\`console
$ echo two
two
\`\`\`

## Second

\`\`\`console serve="--read-only --public-read photos"
$ printf 'a\\nb\\n'
a
b
\`\`\`
`;

t.test('commands and their output are found, section by section', async (t) => {
  t.strictSame(consoleSections(page), [
    {
      title: 'First',
      serve: [],
      steps: [
        { command: 'echo one', expected: ['one'], line: 10 },
        { command: 'true', expected: [], line: 12 },
        { command: 'echo two', expected: ['two'], line: 18 },
      ],
    },
    {
      title: 'Second',
      serve: ['--read-only', '--public-read', 'photos'],
      steps: [{ command: "printf 'a\\nb\\n'", expected: ['a', 'b'], line: 25 }],
    },
  ]);
  t.equal(codeBlock(page, 'bash'), 'f() { true; }\n');
});

t.test('a page that does not parse says where', async (t) => {
  t.throws(() => consoleSections('```console\none\n```\n'), { message: 'line 2: output without a command' });
  t.throws(() => consoleSections('```console\n$ true\n'), { message: 'the last block has no end' });
  t.throws(() => codeBlock(page, 'python'), { message: 'no python block' });
});

t.test('output that differs in any line, or in their number, does not match', async (t) => {
  t.ok(matches(['a', 'b'], 'a\nb\n'));
  t.ok(matches([], '\n'));
  t.notOk(matches(['a', 'b'], 'a\n'));
  t.notOk(matches(['a'], 'a\nb\n'));
  t.notOk(matches(['a'], 'b\n'));
  t.notOk(matches(['a'], ''));
  t.notOk(matches([], 'curl: (7) Failed to connect'));
});

t.test('… stands for anything within a line, and nothing else is special', async (t) => {
  t.ok(matches(['"8b37…-2"'], '"8b379f02-2"'));
  t.notOk(matches(['"8b37…-2"'], '"8b379f02-3"'));
  t.notOk(matches(['…'], 'a\nb'));
  t.ok(matches(['a.b*(c)'], 'a.b*(c)'));
  t.notOk(matches(['a.b'], 'axb'));
});
