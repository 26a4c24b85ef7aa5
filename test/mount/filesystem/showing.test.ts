import { statSync } from 'node:fs';
import t from 'tap';
import { changeFor, isHidden, makerFor, shownAs, umaskFor } from '../../../mount/filesystem/showing.js';
import { filesystemIn } from './filesystem-in.js';
import { outcome, ROOT_USER } from './little-kernel.js';

const ANNA = { uid: 1234, gid: 1235, umask: 0o027 };
const STRANGER = { uid: 65534, gid: 65534, pid: 1, alsoIn: 7 };

t.test('without such options everything is as on the disk', async (t) => {
  const owned = { uid: 1, gid: 2, mode: 0o100666 };
  t.strictSame(shownAs({}, owned), owned);
  t.equal(makerFor({}, STRANGER), STRANGER);
  t.equal(umaskFor({}, 0o022), 0o022);
  t.strictSame(changeFor({}, { uid: 5, mode: 0o600 }), { uid: 5, mode: 0o600 });
  t.notOk(isHidden({}, Buffer.from('system.posix_acl_access')));
});

t.test('everything is shown as one user’s', async (t) => {
  const owned = { uid: 1, gid: 2, mode: 0o100666 };
  t.strictSame(shownAs(ANNA, owned), { uid: 1234, gid: 1235, mode: 0o100640 });
  t.strictSame(shownAs({ gid: 9 }, owned), { uid: 1, gid: 9, mode: 0o100666 });
  t.ok(isHidden({ umask: 0 }, Buffer.from('system.posix_acl_default')));
  t.notOk(isHidden(ANNA, Buffer.from('user.system.posix_acl_access')));
});

t.test('whoever makes something makes it as that user', async (t) => {
  t.strictSame(makerFor(ANNA, STRANGER), { uid: 1234, gid: 1235, pid: 1 });
  t.strictSame(makerFor({ uid: 1234 }, STRANGER), { uid: 1234, gid: 65534, pid: 1 });
  t.equal(umaskFor(ANNA, 0o002), 0o027);
});

t.test('nothing is given to anybody else', async (t) => {
  t.throws(() => changeFor(ANNA, { uid: 0 }), { code: 'EPERM' });
  t.throws(() => changeFor(ANNA, { gid: 0 }), { code: 'EPERM' });
  t.strictSame(changeFor(ANNA, { uid: 1234, gid: 1235, size: 3 }), { size: 3 }, 'what is so already is so');
  t.strictSame(changeFor({ uid: 1234 }, { gid: 8 }), { gid: 8 });
});

t.test('so it is in the mount', async (t) => {
  const { kernel, filesystem, directory } = filesystemIn(t, { show: ANNA });
  kernel.umask = 0;
  await kernel.put('f', '');
  await kernel.mkdir('d');
  const { uid, gid, mode } = kernel.stat('f');
  t.strictSame({ uid, gid, mode }, { uid: 1234, gid: 1235, mode: 0o100640 });
  t.equal(kernel.stat('d').mode, 0o040750);
  t.equal(statSync(`${directory}/f`).mode, 0o100640);
  if (process.getuid?.() === 0) t.equal(statSync(`${directory}/f`).uid, 1234);
  t.equal(await outcome(() => kernel.setattr('f', { uid: 0 })), 'EPERM');
  const acl = Buffer.from('system.posix_acl_access');
  t.equal(await outcome(() => filesystem.getxattr(kernel.lookup('f'), acl)), 'ENODATA');
  t.equal(
    await outcome(() => filesystem.setxattr(kernel.lookup('f'), acl, Buffer.alloc(4), 0, ROOT_USER)),
    'EOPNOTSUPP',
  );
});
