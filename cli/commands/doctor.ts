/** `bucketree doctor`: looks at everything serving needs; fails when something will not work. */
import { accountsPlace } from '../accounts.js';
import type { Invocation } from '../command.js';
import { examineBuckets } from '../doctor/buckets.js';
import { examineDirectory } from '../doctor/directory.js';
import type { Finding } from '../doctor/finding.js';
import { examineKeys } from '../doctor/keys.js';
import { checkClock, checkKernel, checkNode, checkOpenFiles, checkPort } from '../doctor/machine.js';
import { checkMounting, examineMounts } from '../doctor/mounts.js';
import { examineTree } from '../doctor/tree.js';
import type { ExitCode } from '../fault.js';
import { planStore } from '../store-plan.js';
import { type Output, paint, printable } from '../terminal.js';

const MARKS = { ok: ['ok     ', 'green'], note: ['note   ', 'yellow'], problem: ['problem', 'red'] } as const;

export async function run({ settings: { values }, terminal }: Invocation): Promise<ExitCode> {
  const findings: Finding[] = [];
  const tell = (...found: readonly Finding[]): void => {
    findings.push(...found);
    for (const finding of found) {
      terminal.stdout.write(
        values.json ? `${JSON.stringify(finding)}\n` : describe(finding, terminal.stdout),
      );
    }
  };
  tell(checkNode(), checkKernel(), checkOpenFiles(), checkClock(), await checkPort(values.listen));
  tell(examineKeys(accountsPlace(values, terminal.env)));
  let isWhole = true;
  const directories = [values.directory, ...values.bucket.map(({ directory }) => directory)];
  const served = directories.filter((directory) => directory !== undefined);
  tell(checkMounting(), ...(await examineMounts(served)));
  for (const directory of served) {
    const examined = examineDirectory(directory, { readOnly: values.readOnly });
    tell(...examined);
    if (examined[0]?.level === 'problem') isWhole = false;
    else tell(...examineTree(directory));
  }
  if (isWhole && served.length > 0) tell(...examineBuckets(planStore(values)));
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

function describe({ level, check, where, message, remedy }: Finding, output: Output): string {
  const [mark, colour] = MARKS[level];
  const place = where === undefined ? '' : ` ${printable(where)}:`;
  const first = `${paint(output, colour, mark)} ${check}:${place} ${printable(message)}\n`;
  return remedy === undefined ? first : `${first}          fix: ${printable(remedy)}\n`;
}
