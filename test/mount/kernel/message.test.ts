import t from 'tap';
import { Message } from '../../../mount/kernel/message.js';

t.test('bytes and numbers are the same memory', async (t) => {
  const message = new Message(64);
  t.equal(message.bytes.length, 64);
  t.equal(message.view.byteLength, 64);
  message.view.setUint32(8, 0x01020304, true);
  t.strictSame([...message.bytes.subarray(8, 12)], [4, 3, 2, 1]);
});
