/** `npm run bench`: one table, every ratio of one run. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUCKET, peer } from './endpoint.js';
import { Load } from './load.js';
import type { Bench, Measure } from './measure.js';
import { attempt } from './measure.js';
import { largeObjects } from './measures/large-objects.js';
import { listings } from './measures/listings.js';
import { mounts } from './measures/mounts.js';
import { smallObjects } from './measures/small-objects.js';
import { HELP, readOptions } from './options.js';
import { table, type Row } from './table.js';

const MEASURES: readonly Measure[] = [...smallObjects, ...largeObjects, ...listings, ...mounts];

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    const names = MEASURES.map(({ name, about }) => `  ${name.padEnd(20)} ${about}`);
    process.stdout.write(`${HELP}\nMeasures:\n${names.join('\n')}\n`);
    return;
  }
  const unknown = options.only.filter((name) => !MEASURES.some((measure) => measure.name === name));
  if (unknown.length > 0) throw new Error(`--only: no measure is called ${unknown.join(', ')}`);
  const scratch = mkdtempSync(join(options.directory ?? tmpdir(), 'bucketree-bench-'));
  const load = new Load();
  const rows: Row[] = [];
  const notes: string[] = [];
  const bench: Bench = {
    options,
    load,
    scratch,
    peers: options.peers.map(peer),
    store(name) {
      const path = join(scratch, name);
      rmSync(path, { recursive: true, force: true });
      mkdirSync(join(path, BUCKET), { recursive: true });
      return path;
    },
    add(row) {
      rows.push(row);
      if (options.json) process.stdout.write(JSON.stringify(row) + '\n');
    },
    note(text) {
      notes.push(text);
      process.stderr.write(`${text}\n`);
    },
  };
  try {
    for (const measure of MEASURES) {
      if (options.only.length > 0 && !options.only.includes(measure.name)) continue;
      process.stderr.write(`${measure.name}: ${measure.about}\n`);
      await attempt(bench, measure.name, () => measure.run(bench));
    }
  } finally {
    load.end();
    rmSync(scratch, { recursive: true, force: true });
  }
  if (options.json) return;
  const [first] = cpus();
  const machine = `node ${process.version}, ${cpus().length} × ${first?.model ?? 'unknown'}, ${options.connections} connections`;
  process.stdout.write(
    `\n${machine}\n\n${table(rows)}\n${notes.map((note) => `\nnote: ${note}`).join('')}\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
