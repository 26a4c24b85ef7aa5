import t from 'tap';
import { MountError } from '../../../mount/kernel/mount-error.js';

t.test('it says what is wrong, what to do, and what was behind it', async (t) => {
  const cause = new Error('cause');
  t.match(new MountError('wrong', 'do this', cause), { message: 'wrong', remedy: 'do this', cause });
  t.match(new MountError('wrong'), { name: 'MountError', remedy: undefined });
  t.notOk('cause' in new MountError('wrong'));
});
