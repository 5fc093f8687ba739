import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { Builder } from '../analysis/evidence/model.js';
import { operators, runPass } from './harness.js';

/** `x` through a recurrent layer, and its result reshaped to one item of 20 frames. */
async function layered(directions: number, target: readonly [number, number, ...number[]]): Promise<Model> {
  const b = await Builder.start();
  const x = b.input([20, 'batch', 4]);
  const weights = (...shape: number[]) => b.floats(shape, (i) => Math.sin(i));
  const attributes = {
    hidden_size: { int: 3 },
    direction: { string: directions === 2 ? 'bidirectional' : 'forward' },
  };
  const state = b.floats([directions, target[1], 3], () => 0);
  const rows = b.node('MatMul', [b.node('Reshape', [x, b.ints(-1, 4)]), weights(4, 4)]);
  const steps = b.node('Reshape', [rows, b.ints(20, target[1], 4)]);
  const inputs = [steps, weights(directions, 12, 4), weights(directions, 12, 3), undefined, undefined, state];
  const all = b.node('LSTM', inputs, attributes);
  const reshaped = b.node('Reshape', [all, b.ints(...target)]);
  const merged = b.node('Reshape', [reshaped, b.ints(0, 0, -1)]);
  const like = b.node('Concat', new Array<Value>(directions).fill(x), { axis: { int: 2 } });
  const cut = b.node('Slice', [like, b.ints(0), b.ints(3 * directions), b.ints(2)]);
  return b.output(b.node('Add', [merged, cut])).model;
}

describe('Reshapes that optimisers wrote for a Transpose', () => {
  it('transpose the items of a layer with two directions', async () => {
    const model = await layered(2, [20, 1, 2, 3]);
    const report = await runPass(fixShapes({ inputShapes: { x0: ['frames', 'batch', 4] } }), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { frames: 20, batch: 1 } });
    const transpose = model.graph.nodes.find(({ opType }) => opType === 'Transpose');
    expect(transpose?.attributes.get('perm')?.asInts()?.map(Number)).toEqual([0, 2, 1, 3]);
    expect(transpose?.inputs[0]?.producer?.opType).toBe('LSTM');
    expect(transpose?.outputs[0]?.uses.map(({ node }) => node.opType)).toEqual(['Reshape']);
  });

  it('stay where there is one direction, or where several items were moved', async () => {
    for (const [directions, target] of [
      [1, [20, 1, 1, 3]],
      [2, [20, 2, 2, 3]],
    ] as const) {
      const model = await layered(directions, target);
      await runPass(fixShapes({ inputShapes: { x0: ['frames', 'batch', 4] } }), model);
      expect(operators(model).Transpose).toBeUndefined();
    }
  });
});
