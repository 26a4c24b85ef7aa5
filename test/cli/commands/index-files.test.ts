import { createHash } from 'node:crypto';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bucketree } from '../captured.js';
import { started } from '../started.js';

t.test('after indexing, clients see the MD5 of files nobody uploaded', async (t) => {
  const dir = t.testdir({ photos: { 'a.txt': 'hello', 'b.txt': 'world' } });
  const { url } = await started(t, ['.', '--public-read', 'photos'], dir);
  const etag = async (key: string): Promise<string | null> =>
    (await fetch(`${url}/photos/${key}`)).headers.get('etag');
  t.match(await etag('a.txt'), /-1"$/);
  const writer = openSync(join(dir, 'photos', 'b.txt'), 'a');
  const { code, stdout, stderr } = await bucketree(['index', '.'], dir);
  closeSync(writer);
  t.equal(code, 0);
  t.match(stdout, '2 objects, 1 recorded (5 B read), 1 left out\n');
  t.match(stderr, 'left out, it is being written: photos/b.txt');
  t.equal(await etag('a.txt'), `"${createHash('md5').update('hello').digest('hex')}"`);
  const again = await bucketree(['index', '.', '--json'], dir);
  const lines = again.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(lines[0], { bucket: 'photos', key: 'b.txt', verdict: 'recorded' });
  t.match(lines.at(-1), { done: true, known: 1, recorded: 1 });
});
