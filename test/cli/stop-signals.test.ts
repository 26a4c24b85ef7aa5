import { EventEmitter } from 'node:events';
import t from 'tap';
import { exitCodeOfSignal, listenForStop, STOP_SIGNALS } from '../../cli/stop-signals.js';

t.test('the first signal and the second are told apart, whichever they are', async (t) => {
  const source = new EventEmitter();
  const { first, second } = listenForStop(source);
  source.emit('SIGINT', 'SIGINT');
  source.emit('SIGTERM', 'SIGTERM');
  source.emit('SIGTERM', 'SIGTERM');
  t.equal(await first, 'SIGINT');
  t.equal(await second, 'SIGTERM');
});

t.test('a terminal that goes is one signal, however often it is sent', async (t) => {
  const source = new EventEmitter();
  const { first, second } = listenForStop(source);
  for (const signal of ['SIGHUP', 'SIGHUP', 'SIGTERM']) source.emit(signal, signal);
  t.equal(await first, 'SIGHUP');
  t.equal(await second, 'SIGTERM');
});

t.test('once released, signals do what they did', async (t) => {
  const source = new EventEmitter();
  listenForStop(source).release();
  for (const signal of STOP_SIGNALS) t.equal(source.listenerCount(signal), 0, signal);
});

t.test('exit codes are those of a shell', async (t) => {
  t.equal(exitCodeOfSignal('SIGHUP'), 129);
  t.equal(exitCodeOfSignal('SIGINT'), 130);
  t.equal(exitCodeOfSignal('SIGTERM'), 143);
});
