import t from 'tap';
import { OPCODE } from '../../../mount/kernel/protocol.js';
import { OPERATIONS } from '../../../mount/kernel/request.js';

t.test('every opcode leads to its name, and what is none to nothing', async (t) => {
  for (const [name, opcode] of Object.entries(OPCODE)) t.equal(OPERATIONS[opcode], name);
  for (const opcode of [0, 7, 19, 54, 4096]) t.equal(OPERATIONS[opcode], undefined);
});
