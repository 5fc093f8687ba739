import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

/** `x [batch, 4, height, width]` or a tensor pooled from it, resized. */
async function resized(target: readonly number[], pool = 1) {
  const b = await Builder.start();
  const x = b.input(['batch', 4, 'height', 'width']);
  const sizes = { kernel_shape: { ints: [pool, pool] }, strides: { ints: [pool, pool] } };
  const small = pool > 1 ? b.node('MaxPool', [x], sizes) : x;
  const shape = b.node('Slice', [b.node('Shape', [x]), b.ints(0), b.ints(2), b.ints(0)]);
  const list = b.node('Concat', [shape, b.ints(...target)], { axis: { int: 0 } });
  return b.output(b.node('Resize', [small, undefined, undefined, list])).model;
}

const traced = { batch: 1, height: 20, width: 28 };

describe('sizes of Resize', () => {
  it('stand for the sizes that the inputs had', async () => {
    expect(frozen(await resized([20, 28], 4), traced)).toEqual(['20: height', '28: width']);
  });

  it('stand for multiples and fractions of their axis', async () => {
    expect(frozen(await resized([40, 14]), traced)).toEqual(['40: 2*height', '14: width//2']);
  });

  it('stay where they are no multiple, or nothing is known', async () => {
    expect(frozen(await resized([32, 32]), traced)).toEqual([]);
    expect(frozen(await resized([20, 28]))).toEqual([]);
  });
});
