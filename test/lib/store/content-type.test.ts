import t from 'tap';
import { contentTypeOf, UNKNOWN_TYPE } from '../../../lib/store/content-type.js';

t.test('the last extension of the last segment decides', async (t) => {
  const types: Record<string, string> = {
    'site/index.html': 'text/html',
    'a.tar.gz': 'application/gzip',
    'photo.JPG': 'image/jpeg',
    'v1.2/readme': UNKNOWN_TYPE,
    readme: UNKNOWN_TYPE,
    'a.': UNKNOWN_TYPE,
    'a.nosuchextension': UNKNOWN_TYPE,
    'dir.html/': UNKNOWN_TYPE,
    '.json': 'application/json',
    'x.constructor': UNKNOWN_TYPE,
    'x.__proto__': UNKNOWN_TYPE,
  };
  for (const [key, type] of Object.entries(types)) {
    t.equal(contentTypeOf(key), type, key);
    t.equal(contentTypeOf(key), type, `${key} again`);
  }
});

t.test('thousands of made-up extensions cost no more than the first ones', async (t) => {
  for (let turn = 0; turn < 3000; turn++) t.equal(contentTypeOf(`a.zz${turn}`), UNKNOWN_TYPE);
  t.equal(contentTypeOf('a.png'), 'image/png');
});
