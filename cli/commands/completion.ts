/** `bucketree completion SHELL`: a script for the shell, made from the tables. */
import type { Invocation } from '../command.js';
import { COMMANDS } from '../commands.js';
import { completionScript, isShell } from '../completion.js';
import type { ExitCode } from '../fault.js';

export async function run({ arguments: [shell = ''], terminal }: Invocation): Promise<ExitCode> {
  if (!isShell(shell)) throw new TypeError(`${shell} is not among the choices`);
  terminal.stdout.write(completionScript(shell, COMMANDS));
  return 0;
}
