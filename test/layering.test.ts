/** The architecture, as a test: who may import whom, one door for each outside package, a test for each source. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse, ROOT, type Source, sources } from './sources.js';

/** Folder → folders it may import. The most specific row counts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lib/os': ['lib/os', 'lib/errors.ts'],
  'lib/hash': ['lib/hash', 'lib/checksum.ts', 'lib/errors.ts', 'lib/os'],
  'lib/access': ['lib/access', 'lib/os', 'lib/errors.ts', 'lib/names.ts'],
  lib: ['lib'],
  'server/http': ['server/http', 'lib'],
  server: ['server', 'lib'],
  mount: ['mount', 'lib'],
  cli: ['cli', 'server', 'mount', 'lib'],
};

/** Package → the one file that imports it. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  chokidar: ['lib/store/watcher.ts'],
  commander: ['cli/program.ts'],
  'fuse-native': ['mount/fuse-native/binding.ts'],
  'hash-wasm': ['lib/hash/wasm.ts'],
  koa: ['server/s3/app.ts'],
  koffi: ['lib/os/libc.ts'],
  'lru-cache': ['lib/store/cache.ts'],
  'mime-types': ['lib/store/content-type.ts'],
  pino: ['cli/log.ts'],
  'smol-toml': ['cli/config-file.ts'],
  xml2js: ['server/s3/xml.ts'],
};

/** Files whose test has another name, and why. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'mount/session-thread.ts': 'is all that test/mount/mount.test.ts mounts',
};

const all = sources();

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function allowedFor(path: string): readonly string[] {
  const folders = Object.keys(MAY_IMPORT).filter((folder) => isBelow(path, folder));
  const nearest = folders.sort((a, b) => b.length - a.length)[0];
  return MAY_IMPORT[nearest ?? ''] ?? [];
}

t.test('there are sources, and their imports are understood', async (t) => {
  t.ok(all.length > 50, `${all.length} sources`);
  t.ok(all.some(({ path }) => path === 'lib/store/local.ts'));
  const text = [
    "import { a } from './a.js';",
    "import type { B } from '../b.js';",
    "import { type C, type D } from 'pkg/sub';",
    "export * from '@scope/pkg/deep';",
    "import 'node:fs';",
    "const x = await import('./lazy.js');",
    "// import { no } from './comment.js';",
  ].join('\n');
  t.strictSame(parse('lib/os/x.ts', text).imports, [
    { target: 'lib/os/a.ts', ours: true, typeOnly: false, lazy: false },
    { target: 'lib/b.ts', ours: true, typeOnly: true, lazy: false },
    { target: 'pkg', ours: false, typeOnly: true, lazy: false },
    { target: '@scope/pkg', ours: false, typeOnly: false, lazy: false },
    { target: 'node:fs', ours: false, typeOnly: false, lazy: false },
    { target: 'lib/os/lazy.ts', ours: true, typeOnly: false, lazy: true },
  ]);
});

t.test('a layer imports only what lies below it', async (t) => {
  for (const { path, imports } of all) {
    const allowed = allowedFor(path);
    for (const { target, ours } of imports) {
      if (!ours) continue;
      t.ok(existsSync(join(ROOT, target)), `${path} imports ${target}, which is there`);
      t.ok(
        allowed.some((folder) => isBelow(target, folder)),
        `${path} may import ${target} (of ${allowed.join(', ')})`,
      );
    }
  }
});

t.test('each outside package has one door', async (t) => {
  for (const { path, imports } of all) {
    for (const { target, ours } of imports) {
      if (ours || target.startsWith('node:')) continue;
      t.ok(
        DOORS[target]?.includes(path),
        `${path} imports ${target}; its door is ${DOORS[target]?.join() ?? 'nowhere'}`,
      );
    }
  }
});

t.test('every source has the test named after it', async (t) => {
  for (const { path, typesOnly } of all) {
    if (typesOnly || path in TESTED_ELSEWHERE) continue;
    const test = `test/${path.replace(/\.c?ts$/, '.test.ts')}`;
    t.ok(existsSync(join(ROOT, test)), `${path} is tested by ${test}`);
  }
});

t.test('no file needs itself: there are no cycles of imports', async (t) => {
  const byPath = new Map(all.map((source) => [source.path, source]));
  const settled = new Set<string>();
  const visit = (source: Source, way: readonly string[]): void => {
    if (settled.has(source.path)) return;
    if (way.includes(source.path)) {
      t.fail([...way.slice(way.indexOf(source.path)), source.path].join(' → '));
      return;
    }
    for (const { target, ours, typeOnly, lazy } of source.imports) {
      const next = ours && !typeOnly && !lazy ? byPath.get(target) : undefined;
      if (next !== undefined) visit(next, [...way, source.path]);
    }
    settled.add(source.path);
  };
  for (const source of all) visit(source, []);
  t.equal(settled.size, all.length);
});
