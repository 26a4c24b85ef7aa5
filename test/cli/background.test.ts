import { readFileSync } from 'node:fs';
import t from 'tap';
import { isBackground, startInBackground, tellFault, tellReady } from '../../cli/background.js';

t.test('a process that nobody put there is in the foreground, and tells nobody', async (t) => {
  const directory = process.cwd();
  t.equal(isBackground(), false);
  await tellReady();
  await tellFault(new Error('nothing'));
  t.equal(process.cwd(), directory);
});

t.test('a fault of the background process is its starter’s', async (t) => {
  const directory = t.testdir({ store: { photos: {} } });
  const words = ['mount', '--', `${directory}/store`, `${directory}/none`];
  await t.rejects(startInBackground(words, undefined), {
    name: 'Fault',
    exitCode: 1,
    message: /there is no directory/,
    remedy: /^mkdir -p/,
  });
  await t.rejects(startInBackground(['mount'], undefined), { exitCode: 2, message: /missing/ });
});

t.test('one that ends without a word points to its log', async (t) => {
  const log = `${t.testdir({})}/log`;
  await t.rejects(startInBackground(['mount', '--no-such-flag'], log), {
    message: /ended before it was ready/,
    remedy: `see ${log}`,
  });
  t.match(readFileSync(log, 'utf8'), /unknown option/);
  await t.rejects(startInBackground(['version'], undefined), {
    message: /before it was ready/,
    remedy: /without --daemon/,
  });
});
