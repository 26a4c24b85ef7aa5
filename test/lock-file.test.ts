/**
 * `npm ci` refuses a lock file that leaves out packages of other platforms, which npm writes when a registry, or
 * node_modules, did not have them at that moment. Nobody who has everything installed already would notice.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const lock = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> };

t.test('every optional package is locked, so that npm ci works on a bare machine', async (t) => {
  const places = Object.keys(lock.packages);
  const missing = Object.entries(lock.packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !places.some((other) => other.endsWith(`node_modules/${name}`)))
      .map((name) => `${place}: ${name}`),
  );
  t.strictSame(missing, []);
  t.ok(places.length > 100, 'the lock file names packages');
});
