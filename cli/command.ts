/** What a command is: declared in `commands.ts`, implemented by a module of its own that is loaded when it runs. */
import type { ExitCode } from './fault.js';
import type { OptionName } from './options.js';
import type { Settings } from './settings.js';
import type { Terminal } from './terminal.js';

export interface CommandArgument {
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
}

export interface Command {
  /** `serve`, `key add`. */
  readonly name: string;
  readonly summary: string;
  readonly arguments?: readonly CommandArgument[];
  /** In the order of help. `directory` is the optional last argument, DIR. */
  readonly options: readonly OptionName[];
  /** Printed below its help. */
  readonly examples?: readonly string[];
  readonly load: () => Promise<CommandModule>;
}

export interface CommandModule {
  /** Resolves to the exit code; throws Fault. */
  run(invocation: Invocation): Promise<ExitCode>;
}

export interface Invocation {
  readonly settings: Settings;
  /** Those of the command, without DIR. */
  readonly arguments: readonly string[];
  readonly terminal: Terminal;
}
