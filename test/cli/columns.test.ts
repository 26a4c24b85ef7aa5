import t from 'tap';
import { columns } from '../../cli/columns.js';

t.test('columns are as wide as their widest cell, without blanks at the end of a line', async (t) => {
  t.equal(
    columns([
      ['KEY', 'NAME'],
      ['AKIA1', 'ann'],
      ['A', ''],
    ]),
    'KEY    NAME\nAKIA1  ann\nA\n',
  );
  t.equal(columns([]), '');
});

t.test('control characters are shown, not sent', async (t) => {
  t.equal(columns([['a\u001b[2Jb']]), 'a\\u001b[2Jb\n');
});
