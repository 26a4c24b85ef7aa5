import { closeSync, openSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bucketree } from '../captured.js';

t.test('what rotted is found, reported with both values, and recorded anew when asked', async (t) => {
  const dir = t.testdir({ photos: { 'a.txt': 'hello', 'b.txt': 'world', 'c.txt': 'new' } });
  const path = join(dir, 'photos', 'a.txt');
  utimesSync(path, 1e9, 1e9);
  await bucketree(['index', '.', '--prefix', 'a'], dir);
  await bucketree(['index', '.', '--prefix', 'b'], dir);
  const { atime, mtime } = statSync(path);
  const fd = openSync(path, 'r+');
  writeFileSync(fd, 'hexlo');
  closeSync(fd);
  utimesSync(path, atime, mtime);
  const found = await bucketree(['verify', '.'], dir);
  t.equal(found.code, 1);
  t.match(
    found.stdout,
    /^photos\/a\.txt: ETag recorded 5d41402abc4b2a76b9719d911017c592, found [0-9a-f]{32}; CRC64NVME recorded \S+, found \S+\n/,
  );
  t.match(
    found.stdout,
    '3 objects, 10 B read: 1 as recorded, 1 differ; 1 have nothing recorded (bucketree index)\n',
  );
  t.match(await bucketree(['verify', '.', '--repair'], dir), { code: 0, stdout: /recorded anew/ });
  const after = await bucketree(['verify', '.', '--json'], dir);
  t.equal(after.code, 0);
  t.match(JSON.parse(after.stdout), { done: true, same: 2, differs: 0, unrecorded: 1 });
});
