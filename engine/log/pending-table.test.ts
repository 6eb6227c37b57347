import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PendingTable } from './pending-table.ts';

describe('PendingTable', () => {
  it('finds exactly what was added and not removed, oldest first, whatever the order', () => {
    const step = fc.record({
      connection: fc.integer({ min: 1, max: 3 }),
      id: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const table = new PendingTable();
        const model = new Map<string, number>();
        let most = 0;
        for (const { connection, id } of steps) {
          const key = `${connection} ${id}`;
          const slot = table.find(connection, id);
          expect(slot).toBe(model.get(key) ?? -1);
          if (slot < 0) model.set(key, table.add(connection, id));
          else {
            table.remove(slot);
            model.delete(key);
          }
          most = Math.max(most, model.size);
          expect(table.count).toBe(model.size);
        }
        const order: number[] = [];
        for (let slot = table.oldest; slot >= 0; slot = table.after(slot)) order.push(slot);
        expect(order).toEqual([...model.values()]);
        expect(Math.max(-1, ...order)).toBeLessThan(Math.max(1, most));
      }),
    );
  });

  it('refuses a request that it has', () => {
    const table = new PendingTable();
    expect(table.add(1, 1)).toBe(0);
    expect(table.add(1, 1)).toBe(-1);
    expect(table.count).toBe(1);
  });
});
