import t from 'tap';
import { type Directory, parseOwner } from '../../cli/owner.js';

const directory: Directory = (database, name) => {
  const lines = {
    passwd: ['ann:x:1000:100:Ann:/home/ann:/bin/sh', 'bob:x:1001:101::/:/bin/sh'],
    group: ['users:x:100:', 'media:x:500:ann'],
  }[database].map((line) => line.split(':'));
  return lines.find((entry) => entry[0] === name || entry[2] === name);
};

t.test('an owner is a user by name or number, with the group passwd names, or one of its own', async (t) => {
  const owners = {
    ann: [1000, 100],
    '1000': [1000, 100],
    'ann:media': [1000, 500],
    '7:8': [7, 8],
    'bob:100': [1001, 100],
  };
  for (const [text, [uid, gid]] of Object.entries(owners))
    t.same(parseOwner(text, directory), { uid, gid }, text);
});

t.test('whoever is not there is refused by name', async (t) => {
  t.throws(() => parseOwner('eve', directory), /no user eve/);
  t.throws(() => parseOwner('ann:eves', directory), /no group eves/);
  t.throws(() => parseOwner('7', directory), /user 7 has no group here: write 7:GROUP/);
  for (const text of ['', ':', 'ann:', ':users', 'a:b:c', '4294967295:0']) {
    t.throws(() => parseOwner(text, directory), RangeError, text);
  }
});

t.test('the system knows root', async (t) => {
  t.same(parseOwner('root'), { uid: 0, gid: 0 });
  t.same(parseOwner('0'), { uid: 0, gid: 0 });
  t.throws(() => parseOwner('no-such-user-here'), /no user/);
});
