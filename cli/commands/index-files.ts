/** `bucketree index`: gives files that came from elsewhere their MD5. Interrupted, it goes on where it was. */
import type { Invocation } from '../command.js';
import { examineAll } from '../examine-all.js';
import type { ExitCode } from '../fault.js';
import { formatSize } from '../size.js';
import { printable } from '../terminal.js';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { stdout, stderr } = invocation.terminal;
  const { json } = invocation.settings.values;
  const totals = await examineAll(
    invocation,
    { purpose: 'index', repair: false },
    ({ bucket, key, verdict, read }) => {
      if (json && verdict !== 'known') stdout.write(`${JSON.stringify({ bucket, key, verdict, read })}\n`);
      else if (verdict === 'busy')
        stderr.write(`left out, it is being written: ${printable(`${bucket}/${key}`)}\n`);
      else if (verdict === 'unreadable')
        stderr.write(`left out, it may not be read: ${printable(`${bucket}/${key}`)}\n`);
    },
  );
  const { objects, recorded, bytes, busy, unreadable } = totals;
  if (json) stdout.write(`${JSON.stringify({ done: true, ...totals })}\n`);
  else
    stdout.write(
      `${objects} objects, ${recorded} recorded (${formatSize(bytes)} read), ${busy + unreadable} left out\n`,
    );
  return unreadable > 0 ? 1 : 0;
}
