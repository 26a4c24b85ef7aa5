import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { surveyStore } from '../../cli/survey.js';

t.test('buckets and what no bucket reaches are told apart', async (t) => {
  const dir = t.testdir({
    photos: {},
    music: {},
    'Camera Roll': {},
    'a.txt': '',
    '.bucketree': {},
    'lost+found': {},
  });
  symlinkSync('photos', join(dir, 'pictures'));
  const { buckets, unreachable, count, incomplete } = surveyStore(dir, false);
  t.same(buckets, ['music', 'photos']);
  t.same([...unreachable].sort(), ['Camera Roll/', 'a.txt', 'pictures']);
  t.equal(count, 3);
  t.equal(incomplete, false);
  t.same(
    surveyStore(dir, true).buckets,
    ['music', 'photos', 'pictures'],
    'links are followed when asked for',
  );
});

t.test('a huge directory is looked at for as long as it takes to know', async (t) => {
  const dir = t.testdir();
  for (let n = 0; n < 30; n++) writeFileSync(join(dir, `file ${n}`), '');
  mkdirSync(join(dir, 'bucket'));
  const { unreachable, count, incomplete } = surveyStore(dir, false, 10);
  t.equal(incomplete, true);
  t.ok(count <= 10 && unreachable.length === 5);
});
