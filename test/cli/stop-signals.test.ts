import { EventEmitter } from 'node:events';
import t from 'tap';
import { exitCodeOfSignal, listenForStop } from '../../cli/stop-signals.js';

t.test('the first signal and the second are told apart, whichever they are', async (t) => {
  const source = new EventEmitter();
  const { first, second } = listenForStop(source);
  source.emit('SIGINT', 'SIGINT');
  source.emit('SIGTERM', 'SIGTERM');
  source.emit('SIGTERM', 'SIGTERM');
  t.equal(await first, 'SIGINT');
  t.equal(await second, 'SIGTERM');
});

t.test('once released, signals do what they did', async (t) => {
  const source = new EventEmitter();
  listenForStop(source).release();
  t.equal(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT'), 0);
});

t.test('exit codes are those of a shell', async (t) => {
  t.equal(exitCodeOfSignal('SIGINT'), 130);
  t.equal(exitCodeOfSignal('SIGTERM'), 143);
});
