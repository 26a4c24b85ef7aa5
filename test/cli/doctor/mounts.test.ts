import { writeFileSync } from 'node:fs';
import t from 'tap';
import { checkMounting, examineMounts } from '../../../cli/doctor/mounts.js';
import { openDirectory } from '../../../lib/os/open.js';
import { E, SystemError } from '../../../lib/os/system-error.js';
import { openDevice } from '../../../mount/kernel/device.js';
import { parseMountTable } from '../../../mount/kernel/mount-table.js';
import { NEEDS_ROOT, emptyPlace, request, startServing } from '../../mount/kernel/serving.js';

t.test('whether and how well mounting works is told, and nothing of it is a problem', async (t) => {
  const directory = t.testdir({});
  const open = (): number => openDirectory(directory);
  const facts = { privileged: true, kernel: '6.12.1', path: '', open };
  t.match(checkMounting(facts), { level: 'ok', message: /past the program/ });
  t.match(checkMounting({ ...facts, kernel: '6.1.0' }), { level: 'ok', message: /through the program/ });
  t.match(checkMounting({ ...facts, privileged: false }), { level: 'note', remedy: /fuse3/ });
  writeFileSync(`${directory}/fusermount3`, '', { mode: 0o755 });
  t.match(checkMounting({ ...facts, privileged: false, path: `/nowhere:${directory}` }), { level: 'ok' });
  const absent = (): number =>
    openDevice(() => {
      throw new SystemError(E.ENOENT, 'open');
    });
  t.match(checkMounting({ ...facts, open: absent }), { level: 'note', remedy: /modprobe/ });
  t.type(checkMounting().message, 'string');
});

t.test('mounts whose server is gone or hangs are problems, other filesystems nobody’s', async (t) => {
  const line = (id: number, place: string, type: string): string =>
    `${id} 1 0:${id} / ${place} rw - ${type} /srv/store rw\n`;
  const table = parseMountTable(
    line(2, '/alive', 'fuse.bucketree') +
      line(3, '/dead', 'fuse.bucketree') +
      line(4, '/silent', 'fuse.bucketree') +
      line(5, '/covered', 'fuse.bucketree') +
      line(6, '/covered', 'tmpfs') +
      line(7, '/other', 'fuse.sshfs'),
  );
  const health = async (place: string) => place.slice(1) as 'alive' | 'dead' | 'silent';
  t.match(await examineMounts(['/srv/store'], table, health), [
    { level: 'ok', where: '/alive', message: /srv\/store is mounted/ },
    { level: 'problem', where: '/dead', remedy: 'bucketree umount /dead' },
    { level: 'problem', where: '/silent', remedy: 'bucketree umount --force /silent' },
  ]);
  const others = await examineMounts(['/srv/other'], table, health);
  t.same(
    others.map(({ level }) => level),
    ['ok', 'note', 'note'],
  );
});

t.test('a mount of this system is found', { skip: NEEDS_ROOT }, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  const found = async () => (await examineMounts(['/srv/store'])).find(({ where }) => where === place)?.level;
  t.equal(await found(), 'ok');
  await serving.kill();
  t.equal(await found(), 'problem');
});
