/** The project's own sources, and what they import: what the layering test looks at. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, from the compiled test. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const LAYERS = ['lib', 'server', 'mount', 'cli'] as const;

export interface Import {
  /** `lib/names.ts`, or the name of a package: `koa`, `node:fs`. */
  readonly target: string;
  readonly ours: boolean;
  /** Gone when it runs. */
  readonly typeOnly: boolean;
  /** Loaded when it is needed, not with the file. */
  readonly lazy: boolean;
}

export interface Source {
  /** `lib/store/local.ts` */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Nothing of it is left when it runs. */
  readonly typesOnly: boolean;
}

export function sources(): readonly Source[] {
  return LAYERS.flatMap(filesBelow).map((path) => parse(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** Paths of TypeScript files, from the root. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : /\.c?ts$/.test(entry.name) ? [path] : [];
  });
}

const NAMES = String.raw`(?:type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?)`;
const STATIC = new RegExp(
  String.raw`^(?:import|export)\s+(?<clause>${NAMES})\s+from\s+'(?<from>[^']+)'`,
  'gm',
);
const BARE = /^import\s+'(?<from>[^']+)'/gm;
const LAZY = /\bimport\(\s*'(?<from>[^']+)'\s*\)/g;
const REQUIRE = /\bcreateRequire\([^)]*\)\(\s*'(?<from>[^']+)'\s*\)/g;
const RUNS = /^export\s+(?:async\s+|abstract\s+)?(?:function|const|let|class|default|\{|\*)/m;

export function parse(path: string, text: string): Source {
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const imports = [
    ...find(code, STATIC, path, false),
    ...find(code, BARE, path, false),
    ...find(code, LAZY, path, true),
    ...find(code, REQUIRE, path, true),
  ];
  const exported = /^export\b/m.test(code);
  return { path, text, imports, typesOnly: exported && !RUNS.test(code) };
}

function find(code: string, pattern: RegExp, path: string, lazy: boolean): readonly Import[] {
  return [...code.matchAll(pattern)].map(({ groups }) => {
    const from = groups?.['from'] ?? '';
    const clause = groups?.['clause'] ?? '';
    const ours = from.startsWith('.');
    const target = ours
      ? relative(ROOT, resolve(ROOT, dirname(path), from)).replace(/\.(c?)js$/, '.$1ts')
      : packageOf(from);
    return { target, ours, typeOnly: isTypeOnly(clause), lazy };
  });
}

function packageOf(from: string): string {
  if (from.startsWith('node:')) return from;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** `type { A }`, `{ type A, type B }`. */
function isTypeOnly(clause: string): boolean {
  if (/^type\b/.test(clause.trim())) return true;
  const names = /^\{([^}]*)\}\s*$/.exec(clause.trim())?.[1];
  if (names === undefined) return false;
  const parts = names
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.length > 0 && parts.every((part) => part.startsWith('type '));
}
