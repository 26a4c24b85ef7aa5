/** `bucketree version`. */
import { readFileSync } from 'node:fs';
import type { Invocation } from '../command.js';
import type { ExitCode } from '../fault.js';

export async function run({ settings: { values }, terminal }: Invocation): Promise<ExitCode> {
  const version = packageVersion();
  const facts = { version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
  terminal.stdout.write(values.json ? `${JSON.stringify(facts)}\n` : `bucketree ${version}\n`);
  return 0;
}

/** Of the package this program is in. */
export function packageVersion(): string {
  const manifest = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  return version;
}
