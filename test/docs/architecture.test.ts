/** ARCHITECTURE.md names every file, in the table of its folder, and nothing that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import t from 'tap';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('ARCHITECTURE.md', root), 'utf8');

/** Folders described by one sentence, because one sentence says what each file is. */
const BY_RULE: readonly string[] = ['server/s3/operations', 'cli/commands', 'cli/doctor'];

/** `lib/store` → the names of its files, without their extensions. */
function sources(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const top of ['lib', 'server', 'mount', 'cli']) {
    for (const path of filesBelow(top)) {
      const folder = dirname(path);
      found.set(folder, [...(found.get(folder) ?? []), basename(path).replace(/\.c?ts$/, '')]);
    }
  }
  return found;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(new URL(`${folder}/`, root), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : /\.c?ts$/.test(path) ? [path] : [];
  });
}

/** `### lib/store` → the names in the first column of the table below it. */
function tables(): ReadonlyMap<string, readonly string[]> {
  const sections = page.split(/^### /m).slice(1);
  return new Map(
    sections.map((section) => {
      const rows = section.split(/^#/m)[0]?.match(/^\| `[^|]*/gm) ?? [];
      const names = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''));
      return [section.slice(0, section.indexOf('\n')), names];
    }),
  );
}

t.test('every file is in the table of its folder, and every name in a table is a file', async (t) => {
  const listed = tables();
  const there = sources();
  for (const [folder, files] of there) {
    if (BY_RULE.includes(folder)) t.match(page, `\`${folder}\``, `${folder} is described`);
    else t.strictSame([...(listed.get(folder) ?? [])].sort(), [...files].sort(), folder);
  }
  t.strictSame(
    [...listed.keys()].filter((folder) => !there.has(folder)),
    [],
    'no table of a folder that is not there',
  );
});

t.test('no file is named twice', async (t) => {
  for (const [folder, names] of tables()) t.equal(new Set(names).size, names.length, folder);
});
