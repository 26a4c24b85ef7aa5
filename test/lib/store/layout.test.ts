import t from 'tap';
import * as layout from '../../../lib/store/layout.js';

t.test('everything of ours in a bucket is below one reserved directory', async (t) => {
  const { RESERVED, ...rest } = layout;
  t.equal(RESERVED, '.bucketree');
  const attributes = Object.values(rest).filter((name) => /^user\.bucketree\b/.test(name));
  t.ok(attributes.includes(layout.ATTRIBUTE));
  const paths = Object.values(rest).filter((name) => !attributes.includes(name));
  for (const path of paths) t.ok(path.startsWith(`${RESERVED}/`), path);
  t.equal(new Set(paths).size, paths.length);
});
