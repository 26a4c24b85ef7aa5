/** Amounts of bytes, as people write and read them. Units are powers of 1024, with or without `iB`. */

const UNITS = ['', 'K', 'M', 'G', 'T'] as const;

/** `0`, `4096`, `64M`, `1.5GiB`. Bytes. @throws RangeError */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text);
  const power = UNITS.findIndex((unit) => unit === match?.[2]?.toUpperCase());
  const bytes = Math.floor(Number(match?.[1]) * 1024 ** power);
  if (match === null || !Number.isSafeInteger(bytes)) {
    throw new RangeError('a size is a number of bytes, or one with K, M, G or T behind it (64M)');
  }
  return bytes;
}

/** Three digits at most: `64 MiB`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value >= 1024 && power < UNITS.length - 1) {
    value /= 1024;
    power += 1;
  }
  const digits = power === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
  return `${digits} ${power === 0 ? 'B' : `${UNITS[power]}iB`}`;
}
