import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/value.js';
import { Builder, frozen } from './model.js';

const TRACED = { batch: 1, time: 20 };
const FREE = { x0: ['batch', 'time', 32] };

/** A model of one item of 20 frames, all of whose sizes are numbers. */
async function ofOneItem(body: (b: Builder, x: Value) => Value) {
  const b = await Builder.start();
  return b.output(body(b, b.input([1, 20, 32]))).model;
}

describe('items that a Reshape would put one after another', () => {
  it('were counted by the 1 in front', async () => {
    const model = await ofOneItem((b, x) => {
      const rows = b.node('Reshape', [x, b.ints(-1, 32)]);
      const heads = b.node('Reshape', [rows, b.ints(1, -1, 4, 8)]);
      return b.node('Add', [x, b.node('Reshape', [heads, b.ints(1, 20, 32)])]);
    });
    expect(frozen(model, TRACED, FREE).sort()).toEqual(['1: batch', '1: batch', '20: time']);
  });

  it('stay apart under a mask of the traced size', async () => {
    const model = await ofOneItem((b, x) => {
      const q = b.node('Reshape', [b.node('Reshape', [x, b.ints(-1, 32)]), b.ints(1, -1, 32)]);
      const scores = b.node('MatMul', [q, b.node('Transpose', [q], { perm: { ints: [0, 2, 1] } })]);
      const masked = b.node('Add', [scores, b.floats([20, 20], (i) => (i % 20 > i / 20 ? -1e9 : 0))]);
      return b.node('MatMul', [masked, q]);
    });
    expect(frozen(model, TRACED, FREE)).toEqual(expect.arrayContaining(['1: batch', '20: time']));
    expect(frozen(model, TRACED, FREE).join()).not.toContain('*');
  });

  it('belong to the heads where the batch is the second axis', async () => {
    const model = await ofOneItem((b, x) => {
      const first = b.node('Transpose', [x], { perm: { ints: [1, 0, 2] } });
      const heads = b.node('Reshape', [first, b.ints(20, 4, -1)]);
      const items = b.node('Reshape', [b.node('Relu', [heads]), b.ints(20, 1, 32)]);
      return b.node('Add', [x, b.node('Transpose', [items], { perm: { ints: [1, 0, 2] } })]);
    });
    const found = frozen(model, TRACED, FREE);
    expect(found).toEqual(expect.arrayContaining(['4: 4*batch', '20: time', '1: batch']));
  });

  it('are meant to be where the file leaves the batch free', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 32]);
    b.output(b.node('Reshape', [b.node('Reshape', [x, b.ints(-1, 32)]), b.ints(1, -1, 4, 8)]));
    expect(frozen(b.model, TRACED)).toEqual([]);
  });
});
