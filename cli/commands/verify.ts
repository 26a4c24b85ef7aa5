/** `bucketree verify`: is what is stored what was recorded? Fails when something is not. */
import type { Invocation } from '../command.js';
import { examineAll } from '../examine-all.js';
import type { ExitCode } from '../fault.js';
import { formatSize } from '../size.js';
import { printable } from '../terminal.js';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { stdout } = invocation.terminal;
  const { json, repair } = invocation.settings.values;
  let unrepaired = 0;
  const totals = await examineAll(invocation, { purpose: 'verify', repair }, (finding) => {
    const { bucket, key, verdict, differences, repaired } = finding;
    if (verdict === 'differs' && !repaired) unrepaired += 1;
    if (verdict !== 'differs' && verdict !== 'unreadable') return;
    if (json) stdout.write(`${JSON.stringify({ bucket, key, verdict, repaired, differences })}\n`);
    else stdout.write(`${describe(finding)}\n`);
  });
  const { objects, same, differs, unrecorded, busy, unreadable, bytes } = totals;
  if (json) stdout.write(`${JSON.stringify({ done: true, ...totals })}\n`);
  else {
    const rest = [
      ...(unrecorded > 0 ? [`${unrecorded} have nothing recorded (bucketree index)`] : []),
      ...(busy > 0 ? [`${busy} are being written`] : []),
      ...(unreadable > 0 ? [`${unreadable} may not be read`] : []),
    ];
    stdout.write(
      [`${objects} objects, ${formatSize(bytes)} read: ${same} as recorded, ${differs} differ`, ...rest].join(
        '; ',
      ) + '\n',
    );
  }
  return unrepaired + unreadable > 0 ? 1 : 0;
}

type Finding = Parameters<Parameters<typeof examineAll>[2]>[0];

function describe({ bucket, key, verdict, differences, repaired }: Finding): string {
  const where = printable(`${bucket}/${key}`);
  if (verdict === 'unreadable') return `${where}: may not be read`;
  const what = differences
    .map((one) => `${one.what} recorded ${one.recorded}, found ${one.found}`)
    .join('; ');
  return `${where}: ${what}${repaired ? ' (recorded anew)' : ''}`;
}
