import t from 'tap';
import { parseObject } from '../../../cli/commands/presign.js';
import { bucketree } from '../captured.js';
import { started } from '../started.js';

const KEY = { BUCKETREE_ACCESS_KEY: 'AKIATEST', BUCKETREE_SECRET_KEY: 'secret' };

t.test('whoever has the URL may do that, to that object, and nothing else', async (t) => {
  const dir = t.testdir({ photos: { 'ä b+c.txt': 'hello' } });
  const { url } = await started(t, ['.'], dir, KEY);
  const presign = async (...words: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await bucketree(['presign', ...words, '--endpoint', url], dir, KEY);
    t.equal(stderr, '');
    return stdout.trim();
  };
  const get = await presign('photos/ä b+c.txt');
  t.equal(await (await fetch(get)).text(), 'hello');
  t.equal((await fetch(get, { method: 'DELETE' })).status, 403);
  t.equal((await fetch(get.replace('.txt', '.tx'))).status, 403);
  const put = await presign('s3://photos/new', '--method', 'PUT', '--expires', '7d');
  t.equal((await fetch(put, { method: 'PUT', body: 'new' })).status, 200);
  t.equal(await (await fetch(await presign('photos/new'))).text(), 'new');
});

t.test('bucket and key are told apart, the key as it is', async (t) => {
  t.same(parseObject('photos/a/b'), { bucket: 'photos', key: 'a/b' });
  t.same(parseObject('s3://photos//../x'), { bucket: 'photos', key: '/../x' });
  for (const text of ['photos', 'photos/', '/a', 'Photos/a', '', 's3://', `photos/${'x'.repeat(1025)}`]) {
    t.throws(() => parseObject(text), { name: 'Fault' }, text);
  }
});
