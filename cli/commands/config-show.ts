/** `bucketree config show`: what holds, in the form of a configuration file; with --origin, where it is from. */
import type { Invocation } from '../command.js';
import type { ExitCode } from '../fault.js';
import { flagName } from '../option.js';
import { OPTION_NAMES, type OptionName, optionOf } from '../options.js';
import type { Setting } from '../settings.js';

const MASK = '…';

export async function run({ settings: { of, values }, terminal }: Invocation): Promise<ExitCode> {
  const shown = OPTION_NAMES.filter((name) => optionOf(name).local !== true && name !== 'config').flatMap(
    (name) => {
      const setting = of.get(name);
      return setting === undefined ? [] : [{ name, setting: masked(name, setting) }];
    },
  );
  for (const { name, setting } of shown) {
    const key = flagName(name);
    const { texts, origin } = setting;
    if (values.json) {
      terminal.stdout.write(
        `${JSON.stringify({ name: key, value: plain(name, texts), ...(values.origin ? { origin } : {}) })}\n`,
      );
    } else {
      const line = texts.length === 0 ? `# ${key} =` : `${key} = ${toml(name, texts)}`;
      terminal.stdout.write(`${values.origin ? `${line.padEnd(40)}  # ${origin.where}` : line}\n`);
    }
  }
  return 0;
}

function masked(name: OptionName, setting: Setting): Setting {
  if (optionOf(name).secret !== true) return setting;
  return { ...setting, texts: setting.texts.map(() => MASK) };
}

function plain(name: OptionName, texts: readonly string[]): unknown {
  const { kind, quoted } = optionOf(name);
  if (kind === 'many') return texts;
  if (kind === 'switch') return optionOf(name).parse(texts, '/');
  const text = texts.at(-1) ?? null;
  return text !== null && quoted !== true && /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : text;
}

function toml(name: OptionName, texts: readonly string[]): string {
  return JSON.stringify(plain(name, texts));
}
