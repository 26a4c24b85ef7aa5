import t from 'tap';
import { isMountWord, mountChoices, parseMountWords } from '../../cli/mount-options.js';

function choices(...texts: readonly string[]): ReturnType<typeof mountChoices> {
  return mountChoices(texts.map(parseMountWords));
}

t.test('without a word, a mount is what is usual', async (t) => {
  t.same(choices(), { readOnly: false, allowOther: undefined, nonEmpty: false, show: {}, flags: [] });
});

t.test('words mean what mount(8) means by them, the last one counts', async (t) => {
  t.match(choices('ro,allow_other,nonempty,noexec'), {
    readOnly: true,
    allowOther: true,
    nonEmpty: true,
    flags: ['noexec'],
  });
  t.match(choices('ro,noallow_other', 'rw', 'suid,nosuid'), {
    readOnly: false,
    allowOther: false,
    flags: ['suid', 'nosuid'],
  });
  t.same(choices('uid=1000,gid=100,umask=027', 'gid=root').show, { uid: 1000, gid: 0, umask: 0o27 });
});

t.test('words of /etc/fstab for others are passed over', async (t) => {
  const others = 'defaults,noauto,nofail,_netdev,user,x-systemd.automount,x-gvfs-show,relatime';
  t.same(choices(others), choices());
  t.equal(isMountWord('x-systemd.requires=network.target'), true);
});

t.test('what is no word is refused with those there are', async (t) => {
  for (const text of [
    '',
    ',',
    'uid',
    'uid=',
    'uid=1:2',
    'gid=no-such-group',
    'umask=9',
    'umask=7777',
    'ro=1',
  ])
    t.throws(() => parseMountWords(text), RangeError, text);
  t.throws(() => parseMountWords('ro,allowother'), /allowother is none of ro, rw, allow_other, .*umask=…/);
  t.throws(() => parseMountWords('toString'), RangeError);
  t.equal(isMountWord('bucket=photos'), false);
});
