/** What in a tree cannot be served, counted: names that are no UTF-8, entries we may not read. */
import { constants, accessSync, readdirSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { type Finding, note, ok } from './finding.js';

interface Count {
  seen: number;
  notUtf8: number;
  closed: number;
  special: number;
  example: string;
}

/** @param most entries to look at */
export function examineTree(path: string, most = 1_000_000): readonly Finding[] {
  const count: Count = { seen: 0, notUtf8: 0, closed: 0, special: 0, example: '' };
  const waiting: Buffer[] = [Buffer.from(path)];
  for (let next = waiting.pop(); next !== undefined && count.seen < most; next = waiting.pop()) {
    examine(next, count, waiting);
  }
  const looked = `${count.seen} entries${count.seen >= most ? ', the first ones,' : ''} looked at`;
  const findings: Finding[] = [];
  if (count.notUtf8 > 0) {
    findings.push(
      note(
        'names',
        `${count.notUtf8} names are not UTF-8 and not served (such as ${count.example})`,
        'convmv -f latin1 -t utf8 -r DIR renames them',
        path,
      ),
    );
  }
  if (count.closed > 0) {
    findings.push(
      note(
        'readable',
        `${count.closed} files or directories may not be read`,
        `setfacl -R -m u:${process.getuid?.() ?? 'USER'}:rX ${path}`,
        path,
      ),
    );
  }
  if (count.special > 0) {
    findings.push(
      note(
        'special',
        `${count.special} symbolic links, FIFOs, sockets or devices are not served`,
        '--follow-symlinks serves links that stay inside the bucket',
        path,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('names', looked, path)];
}

function examine(directory: Buffer, count: Count, waiting: Buffer[]): void {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
  } catch {
    count.closed += 1;
    return;
  }
  for (const entry of entries) {
    count.seen += 1;
    const name: Buffer = entry.name;
    if (name.toString() === '.bucketree') continue;
    const path = Buffer.concat([directory, Buffer.from('/'), name]);
    if (!isUtf8(name)) {
      count.notUtf8 += 1;
      count.example = JSON.stringify(path.toString('latin1'));
    } else if (entry.isDirectory()) waiting.push(path);
    else if (!entry.isFile()) count.special += 1;
    else if (!mayRead(path)) count.closed += 1;
  }
}

function mayRead(path: Buffer): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
