import t from 'tap';
import { createProgress } from '../../cli/progress.js';
import { captured } from './captured.js';

t.test('a terminal shows how far it is, ten times a second at most, and nothing afterwards', async (t) => {
  let now = 0;
  const output = captured({ isTerminal: true, columns: 60 });
  const progress = createProgress(output, () => now);
  for (; now < 1000; now += 10) {
    progress.update({ objects: now, bytes: now * 1024, current: `photos/${'x'.repeat(100)}\u001b` });
  }
  progress.end();
  const lines = output.text().split('\r\u001b[K').slice(1);
  t.equal(lines.length, 11, 'ten lines, and one that clears');
  t.equal(lines.at(-1), '');
  t.match(lines[5], /^500 objects, 500 KiB, 1000 KiB\/s {2}photos\/x+$/);
  for (const line of lines) t.ok(line.length < 60);
});

t.test('where there is no terminal nothing is written', async (t) => {
  const output = captured();
  const progress = createProgress(output);
  progress.update({ objects: 1, bytes: 1, current: 'a' });
  progress.end();
  t.equal(output.text(), '');
});
