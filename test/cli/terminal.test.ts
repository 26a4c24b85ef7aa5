import t from 'tap';
import { paint, printable, processTerminal, wantsColour } from '../../cli/terminal.js';

t.test('colour is for terminals, and people have the last word', async (t) => {
  t.equal(wantsColour(true, {}), true);
  t.equal(wantsColour(false, {}), false);
  t.equal(wantsColour(true, { NO_COLOR: '1' }), false);
  t.equal(wantsColour(true, { NO_COLOR: '' }), true);
  t.equal(wantsColour(true, { TERM: 'dumb' }), false);
  t.equal(wantsColour(false, { FORCE_COLOR: '1' }), true);
  t.equal(wantsColour(true, { FORCE_COLOR: '0' }), false);
  t.equal(paint({ colour: true }, 'red', 'x'), '\u001b[31mx\u001b[39m');
  t.equal(paint({ colour: false }, 'red', 'x'), 'x');
});

t.test('no name can command a terminal', async (t) => {
  t.equal(printable('Ünïcode 😀 fine'), 'Ünïcode 😀 fine');
  t.equal(printable('a\u001b[31m\r\n\u009b\u202eb'), 'a\\u001b[31m\\u000d\\u000a\\u009b\\u202eb');
});

t.test('the process’s own terminal knows where it is', async (t) => {
  const terminal = processTerminal();
  t.equal(terminal.directory, process.cwd());
  t.equal(terminal.stdout.isTerminal, process.stdout.isTTY === true);
  t.ok(terminal.stdout.columns > 0);
});
