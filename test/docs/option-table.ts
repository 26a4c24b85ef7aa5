/** The README's table of options, as the declarations have it. */
import { flagName, type Option } from '../../cli/option.js';

/** Table rows in the order of declaration, those of one command only (`local`) or the others. */
export function optionTable(options: Readonly<Record<string, Option<unknown>>>, local: boolean): string {
  const rows = Object.entries(options)
    .filter(([, option]) => (option.local === true) === local)
    .map(
      ([name, option]) =>
        `| ${[spelling(name, option), initial(option), help(option)].join(' | ').replace('|  |', '| |')} |`,
    );
  return ['| option | default | what it does |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The directory is an argument; everything else a flag. */
function spelling(name: string, { value }: Option<unknown>): string {
  if (name === 'directory') return `\`${value}\``;
  return `\`--${flagName(name)}${value === '' ? '' : ` ${value}`}\``;
}

function initial({ kind, initial: texts }: Option<unknown>): string {
  const text = texts.join(', ');
  return kind === 'switch' || text === '' ? '' : `\`${text}\``;
}

function help({ help: sentence, choices, kind }: Option<unknown>): string {
  const unsaid = choices?.some((name) => !sentence.includes(`(${name})`)) ?? false;
  const among = unsaid ? `: ${(choices ?? []).map((name) => `\`${name}\``).join(', ')}` : '';
  return `${sentence}${among}${kind === 'many' ? '; may be given several times' : ''}`;
}
