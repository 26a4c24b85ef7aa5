import fc from 'fast-check';
import t from 'tap';
import { E, SystemError } from '../../../lib/os/system-error.js';
import { type BackingDevice, Backings } from '../../../mount/kernel/passthrough.js';

/** As the kernel keeps them: an id is lent until it is closed, once. */
class Device implements BackingDevice {
  readonly lent = new Map<number, { fd: number; writing: boolean }>();
  failWith: number | undefined;
  asked = 0;
  #next = 1;

  open(fd: number, writing: boolean): number {
    this.asked += 1;
    if (this.failWith !== undefined) throw new SystemError(this.failWith, 'ioctl');
    const id = this.#next++;
    this.lent.set(id, { fd, writing });
    return id;
  }

  close(id: number): void {
    if (!this.lent.delete(id)) throw new SystemError(E.ENOENT, 'ioctl');
  }
}

t.test('all opens of a node share the backing of the first, the last release gives it back', async (t) => {
  const device = new Device();
  const backings = new Backings(device, true);
  const id = backings.enter(42n, 10, false);
  t.ok(id > 0);
  t.equal(backings.enter(42n, 11, true), id);
  t.equal(backings.enter(42n, undefined, true), id, 'even one that offers no file');
  t.strictSame([...device.lent.values()], [{ fd: 10, writing: false }]);
  backings.leave(42n);
  backings.leave(42n);
  t.equal(device.lent.size, 1);
  backings.leave(42n);
  t.equal(device.lent.size, 0);
  t.not(backings.enter(42n, 12, false), id, 'the next first open decides anew');
});

t.test('a node opened cached stays so while it is open', async (t) => {
  const device = new Device();
  const backings = new Backings(device, true);
  t.equal(backings.enter(42n, undefined, false), 0);
  t.equal(backings.enter(42n, 10, false), 0);
  backings.leave(42n);
  t.equal(backings.enter(42n, 10, false), 0);
  backings.leave(42n);
  backings.leave(42n);
  t.ok(backings.enter(42n, 10, false) > 0);
});

t.test('a file the kernel refuses is cached; told that we may not, nothing is tried again', async (t) => {
  const device = new Device();
  const backings = new Backings(device, true);
  device.failWith = E.ELOOP;
  t.equal(backings.enter(1n, 10, false), 0);
  device.failWith = undefined;
  t.equal(backings.enter(1n, 10, false), 0, 'one mode per node');
  t.ok(backings.enter(2n, 10, false) > 0, 'another file may do');
  device.failWith = E.EPERM;
  t.equal(backings.enter(3n, 10, false), 0);
  t.equal(backings.possible, false);
  device.failWith = undefined;
  device.asked = 0;
  t.equal(backings.enter(4n, 10, false), 0);
  t.equal(device.asked, 0);
});

t.test('where it was not agreed on, the kernel is not asked', async (t) => {
  const device = new Device();
  const backings = new Backings(device, false);
  t.equal(backings.enter(1n, 10, false), 0);
  t.equal(device.asked, 0);
  t.doesNotThrow(() => backings.leave(9n), 'of a node that is not open');
});

t.test('whatever the order, a node has one id while it is open and none afterwards', async () => {
  const step = fc.record({
    node: fc.bigInt(1n, 4n),
    open: fc.boolean(),
    offered: fc.boolean(),
    writing: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const device = new Device();
      const backings = new Backings(device, true);
      const open = new Map<bigint, number[]>();
      for (const { node, open: opening, offered, writing } of steps) {
        const ids = open.get(node) ?? [];
        if (opening) {
          const id = backings.enter(node, offered ? 5 : undefined, writing);
          if (ids.length > 0 && ids[0] !== id) return false;
          if (id > 0 && !device.lent.has(id)) return false;
          open.set(node, [...ids, id]);
        } else if (ids.length > 0) {
          backings.leave(node);
          open.set(node, ids.slice(1));
        }
      }
      const held = [...open.values()].filter((ids) => (ids[0] ?? 0) > 0).length;
      return device.lent.size === held;
    }),
  );
});
