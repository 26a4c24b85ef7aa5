import t from 'tap';
import { tryMount } from '../../lib/os/mounted.js';
import { mountAt, parseMountTable, readMountTable } from '../../../mount/kernel/mount-table.js';

const TEXT = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:31 / /mnt/with\\040blank\\134and\\011tab rw,nosuid,nodev,relatime shared:5 master:2 - fuse.bucketree /srv/a\\040store rw,user_id=0,group_id=0,default_permissions,allow_other
37 22 0:32 / /mnt/name\\303\\274 ro - fuse none ro
38 22 0:33 / /mnt/latin\xc3\xbc ro - tmpfs none ro
this is no line
40 36 0:34 / /mnt/with\\040blank\\134and\\011tab rw - tmpfs tmpfs rw,size=1k
`;

t.test('places and sources are unescaped, options are split, optional fields skipped', async (t) => {
  const [root, ours, other] = parseMountTable(TEXT);
  t.match(root, { id: 22, device: '254:0', mountpoint: '/', type: 'ext4', source: '/dev/vda' });
  t.match(ours, {
    id: 36,
    device: '0:31',
    mountpoint: '/mnt/with blank\\and\ttab',
    options: ['rw', 'nosuid', 'nodev', 'relatime'],
    type: 'fuse.bucketree',
    source: '/srv/a store',
    superOptions: ['rw', 'user_id=0', 'group_id=0', 'default_permissions', 'allow_other'],
  });
  t.match(other, { mountpoint: '/mnt/nameü' }, 'UTF-8, escaped or not');
  t.equal(parseMountTable(TEXT)[3]?.mountpoint, '/mnt/latinü');
  t.equal(parseMountTable(TEXT).length, 5);
});

t.test('what is shown at a place is what was mounted there last', async (t) => {
  const table = parseMountTable(TEXT);
  t.equal(mountAt(table, '/mnt/with blank\\and\ttab')?.type, 'tmpfs');
  t.equal(mountAt(table, '/mnt'), undefined);
});

t.test('this system’s table has its root and what is mounted now', async (t) => {
  t.ok(mountAt(readMountTable(), '/'));
  const { refused, path } = tryMount(t, 'tmpfs', '-o', 'ro');
  t.test('a new mount', { skip: refused }, async (t) => {
    t.match(mountAt(readMountTable(), path), { type: 'tmpfs', mountpoint: path });
    t.ok(mountAt(readMountTable(), path)?.options.includes('ro'));
  });
});
