/**
 * The examples of a page: its ```console blocks, by section. A line that begins with `$ ` is a command, the
 * lines behind it are the output it must have; `…` in one stands for anything within the line.
 */

export interface Step {
  readonly command: string;
  /** Lines. */
  readonly expected: readonly string[];
  /** Where it stands in the page, from 1. */
  readonly line: number;
}

export interface Section {
  readonly title: string;
  /** Further arguments of `bucketree serve`, from ```console serve="…"; blocks that differ are sections apart. */
  readonly serve: readonly string[];
  readonly steps: readonly Step[];
}

/** @throws Error for output before the first command of a block, and for a block that never ends */
export function consoleSections(page: string): readonly Section[] {
  const sections: { title: string; serve: string; steps: Step[] }[] = [];
  let title = '';
  let block: { serve: string } | undefined;
  let other = false;
  let step: { command: string; expected: string[]; line: number } | undefined;
  for (const [index, text] of page.split('\n').entries()) {
    const line = index + 1;
    const fence = /^```(.*)$/.exec(text);
    if (block !== undefined) {
      if (fence !== null) {
        block = undefined;
      } else if (text.startsWith('$ ')) {
        step = { command: text.slice(2), expected: [], line };
        sections.at(-1)?.steps.push(step);
      } else if (step === undefined) {
        throw new Error(`line ${line}: output without a command`);
      } else {
        step.expected.push(text);
      }
    } else if (fence !== null && !other && /^console\b/.test(fence[1] ?? '')) {
      const serve = /serve=(?:"([^"]*)"|(\S+))/.exec(fence[1] ?? '');
      block = { serve: serve?.[1] ?? serve?.[2] ?? '' };
      step = undefined;
      const last = sections.at(-1);
      if (last?.title !== title || last.serve !== block.serve) {
        sections.push({ title, serve: block.serve, steps: [] });
      }
    } else if (fence !== null) {
      other = !other;
    } else if (!other) {
      title = /^#+ (.*)$/.exec(text)?.[1] ?? title;
    }
  }
  if (block !== undefined || other) throw new Error('the last block has no end');
  return sections.map(({ serve, ...rest }) => ({
    ...rest,
    serve: serve.split(' ').filter((word) => word !== ''),
  }));
}

/** The first block of this language: ```bash. @throws Error when there is none */
export function codeBlock(page: string, language: string): string {
  const found = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(page);
  if (found?.[1] === undefined) throw new Error(`no ${language} block`);
  return found[1];
}

/** Whether output is what the page says. Trailing blanks and newlines are nobody's business. */
export function matches(expected: readonly string[], output: string): boolean {
  const lines = output.trimEnd() === '' ? [] : output.trimEnd().split('\n');
  return lines.length === expected.length && expected.every((text, at) => lineMatches(text, lines[at] ?? ''));
}

function lineMatches(expected: string, line: string): boolean {
  const parts = expected
    .trimEnd()
    .split('…')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(line.trimEnd());
}
