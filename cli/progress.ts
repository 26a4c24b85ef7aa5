/** A line on a terminal that shows how far long work is. Where stderr is no terminal, nothing. */
import { formatSize } from './size.js';
import { type Output, printable } from './terminal.js';

export interface Progress {
  /** @param bytes done so far */
  update(done: { readonly objects: number; readonly bytes: number; readonly current: string }): void;
  /** Takes the line away. */
  end(): void;
}

/** A tenth of a second: more often, and writing it costs more than the work. */
const EVERY = 100;

/** @param now milliseconds, monotonic */
export function createProgress(output: Output, now: () => number = () => performance.now()): Progress {
  if (!output.isTerminal) return { update: () => undefined, end: () => undefined };
  const started = now();
  let shown = Number.NEGATIVE_INFINITY;
  return {
    update: ({ objects, bytes, current }) => {
      const at = now();
      if (at - shown < EVERY) return;
      shown = at;
      const rate = formatSize(bytes / Math.max(0.001, (at - started) / 1000));
      const line = `${objects} objects, ${formatSize(bytes)}, ${rate}/s  ${printable(current)}`;
      output.write(`\r\u001b[K${line.slice(0, output.columns - 1)}`);
    },
    end: () => {
      if (shown !== Number.NEGATIVE_INFINITY) output.write('\r\u001b[K');
    },
  };
}
