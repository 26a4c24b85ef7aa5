import t from 'tap';
import { note, ok, problem } from '../../../cli/doctor/finding.js';

t.test('a finding says what, where, and how to mend it', async (t) => {
  t.same(ok('port', 'free', ':9000'), { check: 'port', level: 'ok', message: 'free', where: ':9000' });
  t.same(ok('node', 'v20'), { check: 'node', level: 'ok', message: 'v20' });
  t.same(note('case', 'folds', 'nothing'), {
    check: 'case',
    level: 'note',
    message: 'folds',
    remedy: 'nothing',
  });
  t.match(problem('port', 'taken', 'choose another', ':1'), {
    level: 'problem',
    remedy: 'choose another',
    where: ':1',
  });
});
