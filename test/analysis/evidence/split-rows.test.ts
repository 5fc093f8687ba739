import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/value.js';
import { Builder, frozen } from './model.js';

const weights = (b: Builder, rows: number, columns: number) => b.floats([rows, columns], (i) => Math.sin(i));

/** A linear layer as optimisers write it. */
function linear(b: Builder, x: Value, target: readonly number[], columns = target.at(-1) as number): Value {
  const rows = b.node('Reshape', [x, b.ints(-1, 32)]);
  const product = b.node('Gemm', [rows, weights(b, 32, columns)]);
  return b.node('Reshape', [product, b.ints(...target)]);
}

describe('rows that were merged for a Gemm', () => {
  it('are taken apart again into the sizes that they had', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 32]);
    b.output(linear(b, x, [-1, 18, 64])).output(linear(b, x, [-1, 18, 4, 8], 32));
    expect(frozen(b.model, { time: 18 })).toEqual(['18: time', '18: time']);
  });

  it('know the traced size from what an optimiser declared an output to be', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 32]);
    b.output(b.node('Relu', [x]), ['batch', 18, 32]).output(linear(b, x, [-1, 18, 64]));
    expect(frozen(b.model)).toEqual(['18: time']);
  });

  it('may be of a size with symbols that are not known one by one', async () => {
    const b = await Builder.start();
    const joined = b.node('Concat', [b.input(['batch', 'source', 32]), b.input(['batch', 'target', 32])], {
      axis: { int: 1 },
    });
    b.output(linear(b, b.node('Add', [joined, b.floats([1, 20, 32], (i) => i)]), [-1, 20, 64]));
    expect(frozen(b.model)).toEqual(['20: source + target', '20: source + target']);
  });

  it('may be several pieces of one axis, of which the outermost counts', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 32]);
    const twice = b.node('Concat', [x, x], { axis: { int: 1 } });
    b.output(linear(b, twice, [-1, 18, 2, 64]));
    expect(frozen(b.model, { time: 18 })).toEqual(['18: time']);
  });

  it('are windows where no size was that number', async () => {
    const b = await Builder.start();
    b.output(linear(b, b.input(['batch', 'time', 32]), [-1, 8, 64]));
    expect(frozen(b.model, { time: 24 })).toEqual([]);
  });

  it('keep their order where all numbers are given', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'frames', 32]);
    const turn = (value: Value) => b.node('Transpose', [value], { perm: { ints: [1, 0, 2] } });
    b.output(b.node('Add', [turn(linear(b, turn(x), [20, 1, 32])), x]));
    expect(frozen(b.model)).toEqual(['20: frames', '1: batch']);
  });

  it('are a frozen axis of the input where the target has the live one', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 32]);
    const length = b.node('Slice', [b.node('Shape', [x]), b.ints(1), b.ints(2)]);
    const mask = b.node('Expand', [
      b.floats([1, 1, 18], () => 0),
      b.node('Concat', [b.node('Slice', [b.node('Shape', [x]), b.ints(0), b.ints(1)]), b.ints(4, 1)], {
        axis: { int: 0 },
      }),
    ]);
    const target = b.node('Concat', [b.ints(0, 4, -1), length], { axis: { int: 0 } });
    b.output(b.node('Reshape', [mask, target])).output(b.node('Add', [x, b.floats([1, 18, 32], (i) => i)]));
    expect(frozen(b.model)).toEqual(expect.arrayContaining(['18: time', '18: time']));
  });
});
