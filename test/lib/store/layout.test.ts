import t from 'tap';
import * as layout from '../../../lib/store/layout.js';

t.test('everything of ours in a bucket is below one reserved directory', async (t) => {
  const { RESERVED, ATTRIBUTE, ...places } = layout;
  t.equal(RESERVED, '.bucketree');
  t.match(ATTRIBUTE, /^user\./);
  const paths = Object.values(places);
  for (const path of paths) t.ok(path.startsWith(`${RESERVED}/`), path);
  t.equal(new Set(paths).size, paths.length);
});
