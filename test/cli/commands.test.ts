import t from 'tap';
import { COMMANDS, GROUPS } from '../../cli/commands.js';

t.test('every command has a module that runs, and takes each option once', async (t) => {
  for (const { name, options, load, summary } of COMMANDS) {
    t.type((await load()).run, 'function', name);
    t.equal(new Set(options).size, options.length, `${name} takes each option once`);
    t.notMatch(summary, /\.$/);
  }
});

t.test('names are unique, and each first word of two is a group', async (t) => {
  t.equal(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length);
  const firsts = COMMANDS.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : []));
  t.same([...new Set(firsts)].sort(), Object.keys(GROUPS).sort());
});
