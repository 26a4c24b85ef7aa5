/** The results as one table: who reached what, in which ratio to the reference, beside what is wanted. */

export interface Row {
  /** The measure's name, as `--only` takes it. */
  readonly measure: string;
  readonly what: string;
  readonly who: string;
  readonly value: number;
  readonly unit: 'req/s' | 'GB/s' | 'ms' | 's' | 'MB';
  /** The value divided by the reference's, of the same run. */
  readonly ratio?: number;
  readonly wanted?: string;
  readonly reached?: boolean;
  readonly note?: string;
}

/** Limits for `row`: how its value or ratio is judged. */
export type Wanted =
  | { readonly ratioAtLeast: number; readonly of: string }
  | { readonly valueBelow: number }
  | { readonly ratioAtMost: number; readonly of: string };

export function judged(row: Row, wanted: Wanted): Row {
  if ('valueBelow' in wanted) {
    return {
      ...row,
      wanted: `under ${wanted.valueBelow} ${row.unit}`,
      reached: row.value < wanted.valueBelow,
    };
  }
  const ratio = row.ratio ?? Number.NaN;
  if ('ratioAtLeast' in wanted) {
    const words = `${wanted.ratioAtLeast} of ${wanted.of}`;
    return { ...row, wanted: words, reached: ratio >= wanted.ratioAtLeast };
  }
  return {
    ...row,
    wanted: `within ${wanted.ratioAtMost} of ${wanted.of}`,
    reached: ratio <= wanted.ratioAtMost,
  };
}

function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function table(rows: readonly Row[]): string {
  const heads = ['', 'who', 'reached', 'ratio', 'wanted', ''];
  let before = '';
  const lines = rows.map((row) => {
    const what = row.what === before ? '' : row.what;
    before = row.what;
    const verdict = row.reached === undefined ? '' : row.reached ? 'yes' : 'NO';
    return [
      what,
      row.who,
      `${number(row.value)} ${row.unit}`,
      row.ratio === undefined ? '' : row.ratio.toFixed(2),
      row.wanted ?? '',
      [verdict, row.note ?? ''].filter(Boolean).join(' '),
    ];
  });
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const draw = (line: readonly string[]): string =>
    line
      .map((cell, column) =>
        column === 2 || column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [draw(heads), draw(widths.map((width) => '-'.repeat(width))), ...lines.map(draw)].join('\n');
}
