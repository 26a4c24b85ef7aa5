import { spawnSync } from 'node:child_process';
import t from 'tap';
import { createLog, formatLine, type LogOptions } from '../../cli/log.js';

function lines(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const out: string[] = [];
  const log = createLog({
    format: 'json',
    level: 'info',
    colour: false,
    buffered: false,
    ...options,
    write: (line) => out.push(line),
  });
  write(log);
  log.flush();
  return out;
}

t.test('programs read one JSON object a line: time, level, message and facts', async (t) => {
  const [line = ''] = lines({}, (log) => log.warn('disk is slow', { bucket: 'photos' }));
  const entry = JSON.parse(line) as Record<string, unknown>;
  t.match(entry, { level: 'warn', msg: 'disk is slow', bucket: 'photos', pid: process.pid });
  t.equal(new Date(String(entry['time'])).toISOString(), entry['time']);
});

t.test('people read a line of text', async (t) => {
  const [line] = lines({ format: 'text' }, (log) =>
    log.info('hello', { n: 1, words: 'two words', ok: 'yes' }),
  );
  t.match(line, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} info {2}hello n=1 words="two words" ok=yes\n$/);
});

t.test('a key made to look like another line, or to command a terminal, does neither', async (t) => {
  const [line = ''] = lines({ format: 'text' }, (log) =>
    log.info('GET /a\n2026-01-01 info fake', { key: 'x\u001b[2J\ny=z "q"' }),
  );
  t.equal(line.split('\n').length, 2);
  t.notMatch(line, '\u001b');
  t.match(line, 'key="x\\u001b[2J\\ny=z \\"q\\""');
});

t.test('less important lines are left out, and secrets always', async (t) => {
  const out = lines({ level: 'warn' }, (log) => {
    log.debug('no');
    log.info('no');
    log.error('yes', { secret: 'hunter2', key: { id: 'AKIA', secretKey: 'hunter2' } });
  });
  t.equal(out.length, 1);
  t.match(out[0], 'AKIA');
  t.notMatch(out[0], 'hunter2');
});

t.test('colours are for terminals that want them', async (t) => {
  const json = JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level: 'error', msg: 'x', pid: 1 });
  t.match(formatLine(json, true), '\u001b[31merror');
  t.equal(formatLine(json, false), '2026-01-01 00:00:00.000 error x\n');
});

t.test('the log is on stderr, whole at the end, and a reader that left is no error', async (t) => {
  const module = new URL('../../cli/log.js', import.meta.url).href;
  const script = (buffered: boolean): string => `
    const { createLog } = await import(${JSON.stringify(module)});
    const log = createLog({ format: 'json', level: 'info', colour: false, buffered: ${buffered} });
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let n = 0; n < 500; n++) log.info('line', { n });
    log.flush();`;
  for (const buffered of [false, true]) {
    const args = ['--input-type=module', '-e', script(buffered)];
    const whole = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.equal(whole.stderr.trimEnd().split('\n').length, 500);
    t.equal(whole.stdout, '');
    const shell = `"$0" "$@" 2>&1 >/dev/null | head -n 1; exit "\${PIPESTATUS[0]}"`;
    const cut = spawnSync('bash', ['-c', shell, process.execPath, ...args], { encoding: 'utf8' });
    t.equal(cut.status, 0, 'the program ended well');
    t.equal(cut.stdout.trimEnd().split('\n').length, 1);
  }
});
