/** A thread of a test's own: what a thread gives up or changes for itself must not reach the other tests. */
import { Worker } from 'node:worker_threads';

function urlOf(name: string): string {
  return new URL(`../../../lib/os/${name}.js`, import.meta.url).href;
}

/**
 * Runs the body of an async function in a new thread; in it, each of the modules of lib/os is a variable of its
 * name (`open`, `credentials`), and `data` is the argument. Answers with what it returns.
 */
export async function inThread(modules: readonly string[], body: string, data: unknown): Promise<unknown> {
  const text = `
    const { parentPort, workerData: { urls, data } } = require('node:worker_threads');
    const run = async (${modules.join(', ')}) => { ${body} };
    Promise.all(urls.map((url) => import(url))).then((modules) => run(...modules)).then(
      (value) => parentPort.postMessage({ value }),
      (error) => parentPort.postMessage({ error: String(error?.stack ?? error) }));`;
  const worker = new Worker(text, { eval: true, workerData: { urls: modules.map(urlOf), data } });
  const answer = await new Promise<{ value?: unknown; error?: string }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.value;
}
