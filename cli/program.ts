/** The command line as commander sees it: built from the tables, so that help and flags cannot disagree. */
import { Argument, Command as Program, CommanderError, Option as ProgramOption } from 'commander';
import type { Command } from './command.js';
import { COMMANDS, GROUPS } from './commands.js';
import { Fault } from './fault.js';
import { flagName, variableName } from './option.js';
import { type OptionName, optionOf } from './options.js';
import { type Flags, flagsOf } from './settings.js';
import type { Terminal } from './terminal.js';

export interface ParsedCommandLine {
  readonly command: Command;
  readonly arguments: readonly string[];
  readonly flags: Flags;
}

const FOOTER = `
Options can be environment variables (BUCKETREE_LISTEN) and lines of a file (--config) as well:
a flag wins over the environment, that over the file, that over the default.

Exit codes: 0 done, 1 failed, 2 wrong command line, 78 wrong configuration.`;

/**
 * @param words what follows the program's name
 * @returns undefined when help was asked for, and printed
 * @throws Fault (exit code 2)
 */
export function parseCommandLine(
  words: readonly string[],
  terminal: Terminal,
): ParsedCommandLine | undefined {
  let parsed: ParsedCommandLine | undefined;
  const program = createProgram(terminal, (result) => (parsed = result));
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usage(error, words);
  }
  return parsed;
}

function usage(error: CommanderError, words: readonly string[]): Fault {
  const named = COMMANDS.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))?.name;
  const group = Object.keys(GROUPS).find((name) => name === words[0]);
  const help = ['bucketree', named ?? group].filter((word) => word !== undefined).join(' ');
  if (error.code === 'commander.help')
    return new Fault(2, 'a command is missing', `${help} --help lists them`);
  const [what = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const hint = /^\(Did you mean (.*)\?\)$/.exec(rest.join(' ').trim())?.[1];
  return new Fault(2, what, hint === undefined ? `see ${help} --help` : `did you mean ${hint}?`);
}

function createProgram(terminal: Terminal, take: (result: ParsedCommandLine) => void): Program {
  const program = new Program('bucketree');
  const output = {
    writeOut: (text: string) => terminal.stdout.write(text),
    writeErr: () => undefined, // What is wrong is thrown, and told in our own form.
    getOutHelpWidth: () => Math.min(terminal.stdout.columns, 110),
    getOutHasColors: () => terminal.stdout.colour,
  };
  const settle = (command: Program): Program =>
    command
      .exitOverride()
      .configureOutput(output)
      .helpOption('-h, --help', 'Show this help')
      .showSuggestionAfterError();
  settle(program)
    .description('Any directory, served over the S3 API; the files stay plain files.')
    .helpCommand(false)
    .addHelpText('after', FOOTER);
  const groups = new Map<string, Program>();
  for (const command of COMMANDS) {
    const [first = '', second] = command.name.split(' ');
    let parent = program;
    if (second !== undefined) {
      parent = groups.get(first) ?? settle(program.command(first)).description(GROUPS[first] ?? '');
      groups.set(first, parent.helpCommand(false));
    }
    declare(settle(parent.command(second ?? first)), command, take);
  }
  return program;
}

function declare(program: Program, command: Command, take: (result: ParsedCommandLine) => void): void {
  program.description(`${command.summary}.`).summary(command.summary);
  for (const { name, help, required, choices } of command.arguments ?? []) {
    const argument = new Argument(required === true ? `<${name}>` : `[${name}]`, help);
    program.addArgument(choices === undefined ? argument : argument.choices([...choices]));
  }
  const own = command.arguments?.length ?? 0;
  const takesDirectory = command.options.includes('directory');
  if (takesDirectory) {
    const { value, help } = optionOf('directory');
    program.addArgument(new Argument(`[${value}]`, `${help} (${variableName('directory')})`));
  }
  for (const name of command.options) if (name !== 'directory') addOption(program, name);
  if (command.examples !== undefined) {
    program.addHelpText(
      'after',
      ['', 'Examples:', ...command.examples.map((line) => `  ${line}`)].join('\n'),
    );
  }
  program.action(() => {
    const flags = new Map(flagsOf(program.opts()));
    const directory = takesDirectory ? program.args[own] : undefined;
    if (directory !== undefined) flags.set('directory', [directory]);
    take({ command, arguments: program.args.slice(0, own), flags });
  });
}

function addOption(program: Program, name: OptionName): void {
  const option = optionOf(name);
  const long = `--${flagName(name)}`;
  const named = option.short === undefined ? long : `-${option.short}, ${long}`;
  const flags = option.kind === 'switch' ? named : `${named} <${option.value}>`;
  const declared = new ProgramOption(flags, describe(name));
  if (option.kind === 'many') {
    declared.argParser((given: string, before: readonly string[] | undefined) => [...(before ?? []), given]);
  }
  program.addOption(declared);
  // A switch of the file or the environment can be taken back for once.
  if (option.kind === 'switch' && option.local !== true) {
    program.addOption(new ProgramOption(`--no-${flagName(name)}`).hideHelp());
  }
}

function describe(name: OptionName): string {
  const { help, initial, choices, kind } = optionOf(name);
  const facts = [
    ...(choices === undefined ? [] : [choices.join(', ')]),
    ...(kind === 'switch' || initial.join('') === '' ? [] : [`default ${initial.join(', ')}`]),
    ...(kind === 'many' ? ['may be given several times'] : []),
  ];
  return facts.length === 0 ? help : `${help} (${facts.join('; ')})`;
}
