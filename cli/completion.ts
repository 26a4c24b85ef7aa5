/**
 * Completion scripts for bash, zsh and fish: commands, flags, choices, files and directories. They hold the
 * tables as they were when the script was made, so that completing starts no program. Pure.
 */
import type { Command } from './command.js';
import { quote } from './client-settings.js';
import { flagName, type Option } from './option.js';
import { optionOf } from './options.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(name: string): name is Shell {
  return SHELLS.some((shell) => shell === name);
}

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return `${shell === 'fish' ? fish(commands) : shell === 'zsh' ? zsh(commands) : bash(commands)}\n`;
}

interface Flag {
  readonly name: string;
  readonly option: Option<unknown>;
}

function flagsOf({ options }: Command): readonly Flag[] {
  return options
    .filter((name) => name !== 'directory')
    .map((name) => ({ name: `--${flagName(name)}`, option: optionOf(name) }));
}

/** First words, and below a group its second words. */
function words(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    found.set(first, [...(found.get(first) ?? []), ...(second === undefined ? [] : [second])]);
  }
  return found;
}

function allFlags(commands: readonly Command[]): ReadonlyMap<string, Option<unknown>> {
  return new Map(commands.flatMap(flagsOf).map(({ name, option }) => [name, option]));
}

/** What a flag's value can be, as arguments of bash's compgen. undefined: anything. */
function values({ choices, path }: Option<unknown>): string | undefined {
  if (choices !== undefined) return `-W ${quote(choices.join(' '))}`;
  return path === 'directory' ? '-d' : path === 'file' ? '-f' : undefined;
}

function bash(commands: readonly Command[]): string {
  const groups = [...words(commands)];
  const compgen = (what: string): string => `mapfile -t COMPREPLY < <(compgen ${what} -- "$current")`;
  const ofFlags = [...allFlags(commands)].flatMap(([name, option]) => {
    const what = values(option);
    if (option.kind === 'switch') return [];
    return [`    ${name}) ${what === undefined ? '' : `${compgen(what)}; `}return ;;`];
  });
  const ofCommands = commands.map((command) => {
    const [argument] = command.arguments ?? [];
    const positional = argument?.choices === undefined ? '' : ` ${argument.choices.join(' ')}`;
    const flags = flagsOf(command).map(({ name }) => name);
    return `    ${quote(command.name)}) words="${[...flags, '--help'].join(' ')}${positional}" ;;`;
  });
  return [
    '# bash completion of bucketree: source <(bucketree completion bash)',
    '_bucketree() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}',
    '  local command=${COMP_WORDS[1]} words=""',
    '  case $previous in',
    ...ofFlags,
    '  esac',
    '  if ((COMP_CWORD == 1)); then',
    `    ${compgen(`-W ${quote(groups.map(([first]) => first).join(' '))}`)}`,
    '    return',
    '  fi',
    '  case $command in',
    ...groups
      .filter(([, second]) => second.length > 0)
      .map(
        ([first, second]) =>
          `    ${first}) if ((COMP_CWORD == 2)); then ${compgen(`-W ${quote(second.join(' '))}`)}; return; fi; command="$command \${COMP_WORDS[2]}" ;;`,
      ),
    '  esac',
    '  case $command in',
    ...ofCommands,
    '  esac',
    '  case $current in',
    `    -*) ${compgen('-W "$words"')} ;;`,
    `    *) ${compgen('-W "$words" -d')} ;;`,
    '  esac',
    '}',
    'complete -o filenames -F _bucketree bucketree',
  ].join('\n');
}

/** Text inside [...] of a zsh _arguments specification, in single quotes. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", `'\\''`);
}

function zsh(commands: readonly Command[]): string {
  const action = ({ choices, path }: Option<unknown>): string =>
    choices !== undefined
      ? `(${choices.join(' ')})`
      : path === 'directory'
        ? '_files -/'
        : path === 'file'
          ? '_files'
          : ' ';
  const spec = ({ name, option }: Flag): string => {
    const value = option.kind === 'switch' ? '' : `:${zshText(option.value)}:${action(option)}`;
    return `'${option.kind === 'many' ? '*' : ''}${name}[${zshText(option.help)}]${value}'`;
  };
  const positional = (command: Command): readonly string[] => [
    ...(command.arguments ?? []).map(
      ({ name, choices }) => `':${name}:${choices === undefined ? ' ' : `(${choices.join(' ')})`}'`,
    ),
    ...(command.options.includes('directory') ? [`':DIR:_files -/'`] : []),
  ];
  const cases = commands.map((command) => {
    const specs = [...flagsOf(command).map(spec), "'--help[Show this help]'", ...positional(command)];
    return `    ${quote(command.name)}) _arguments ${specs.join(' ')} ;;`;
  });
  const groups = [...words(commands)].filter(([, second]) => second.length > 0);
  const summaries = commands
    .filter(({ name }) => !name.includes(' '))
    .map(({ name, summary }) => `'${name}:${zshText(summary)}'`);
  return [
    '#compdef bucketree',
    '_bucketree() {',
    '  local command=$words[2]',
    '  if ((CURRENT == 2)); then',
    `    local -a commands=(${[...summaries, ...groups.map(([first]) => first)].join(' ')})`,
    '    _describe command commands',
    '    return',
    '  fi',
    '  shift words; ((CURRENT--))',
    '  case $command in',
    ...groups.map(
      ([first, second]) =>
        `    ${first}) if ((CURRENT == 2)); then compadd ${second.join(' ')}; return; fi; command="$command $words[2]"; shift words; ((CURRENT--)) ;;`,
    ),
    '  esac',
    '  case $command in',
    ...cases,
    '  esac',
    '}',
    'if [[ $funcstack[1] == _bucketree ]]; then _bucketree "$@"; else compdef _bucketree bucketree; fi',
  ].join('\n');
}

function fish(commands: readonly Command[]): string {
  const line = (condition: string, rest: string): string =>
    `complete -c bucketree -n ${quote(condition)} ${rest}`;
  const groups = words(commands);
  const firsts = [...groups.keys()].join(' ');
  const lines = commands.flatMap((command) => {
    const [first = '', second] = command.name.split(' ');
    const seen = `__fish_seen_subcommand_from ${first}`;
    const siblings = groups.get(first)?.join(' ') ?? '';
    const inside = second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`;
    const name =
      second === undefined
        ? line(`not __fish_seen_subcommand_from ${firsts}`, `-f -a ${first} -d ${quote(command.summary)}`)
        : line(
            `${seen}; and not __fish_seen_subcommand_from ${siblings}`,
            `-f -a ${second} -d ${quote(command.summary)}`,
          );
    const flags = flagsOf(command).map(({ name: flag, option }) => {
      const { choices, path, kind } = option;
      const value =
        kind === 'switch'
          ? ''
          : choices !== undefined
            ? ` -x -a ${quote(choices.join(' '))}`
            : path === 'directory'
              ? " -x -a '(__fish_complete_directories)'"
              : path === 'file'
                ? ' -r -F'
                : ' -x';
      return line(inside, `-l ${flag.slice(2)} -d ${quote(option.help)}${value}`);
    });
    const choices = (command.arguments ?? []).flatMap((argument) =>
      argument.choices === undefined ? [] : [line(inside, `-f -a ${quote(argument.choices.join(' '))}`)],
    );
    return [name, ...flags, ...choices];
  });
  const ofGroups = [...groups]
    .filter(([, second]) => second.length > 0)
    .map(([first]) => line(`not __fish_seen_subcommand_from ${firsts}`, `-f -a ${first}`));
  return ['# fish completion of bucketree: bucketree completion fish | source', ...ofGroups, ...lines].join(
    '\n',
  );
}
