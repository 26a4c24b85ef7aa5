/** Lengths of time as people write them. */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90`, `90s`, `15m`, `12h`, `7d`, `1w`. Seconds. @throws RangeError */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhdw]?)$/.exec(text);
  const seconds = Number(match?.[1]) * (SECONDS[match?.[2] === '' ? 's' : (match?.[2] ?? '')] ?? Number.NaN);
  if (Number.isNaN(seconds)) {
    throw new RangeError('a time is a number of seconds, or one with s, m, h, d or w behind it (15m)');
  }
  return seconds;
}
