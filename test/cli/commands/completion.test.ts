import t from 'tap';
import { bucketree } from '../captured.js';

t.test('a script for each shell is printed, and no other', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    t.match(await bucketree(['completion', shell], t.testdir()), {
      code: 0,
      stdout: /bucketree/,
      stderr: '',
    });
  }
  t.match(await bucketree(['completion', 'cmd'], t.testdir()), { code: 2, stdout: '' });
});
