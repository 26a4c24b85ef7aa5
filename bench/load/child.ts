/** The load's own process: does what it is sent, one task at a time. */
import { TASKS, type TaskName } from './tasks.js';

export interface Order {
  readonly id: number;
  readonly task: TaskName;
  readonly job: unknown;
}

process.on('message', (order: Order) => {
  const task = TASKS[order.task] as (job: unknown) => Promise<unknown>;
  task(order.job).then(
    (result) => process.send?.({ id: order.id, result }),
    (error: unknown) => process.send?.({ id: order.id, error: String(error) }),
  );
});
