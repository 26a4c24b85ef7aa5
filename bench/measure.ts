/** What every measure is given, and what they share. */
import type { Endpoint } from './endpoint.js';
import type { Load } from './load.js';
import type { Options } from './options.js';
import type { Row } from './table.js';

export interface Bench {
  readonly options: Options;
  readonly load: Load;
  /** A directory of the bench's own, on the disk that is measured. */
  readonly scratch: string;
  readonly peers: readonly Endpoint[];
  /** A directory for one store, new and empty, its bucket made. */
  store(name: string): string;
  add(row: Row): void;
  note(text: string): void;
}

export interface Measure {
  /** As `--only` takes it. */
  readonly name: string;
  readonly about: string;
  run(bench: Bench): Promise<void>;
}

/** Runs one part of a measure; its failure is a note, and the rest goes on. */
export async function attempt(bench: Bench, what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    bench.note(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Starts an endpoint for the time of `use`. */
export async function using<T>(
  start: Promise<Endpoint>,
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const endpoint = await start;
  try {
    return await use(endpoint);
  } finally {
    await endpoint.stop();
  }
}
