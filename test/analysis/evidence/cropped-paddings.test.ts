import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

/** 20 frames padded to 40 for a table of 40, and cropped to so many again. */
async function cropped(end: number) {
  const b = await Builder.start();
  const padded = b.node('Pad', [b.input(['batch', 'time', 8]), b.ints(0, 0, 0, 0, 20, 0)]);
  const placed = b.node('Add', [padded, b.floats([1, 40, 8], (i) => Math.cos(i))]);
  return b.output(b.node('Slice', [placed, b.ints(0), b.ints(end), b.ints(1)])).model;
}

describe('the end of what was padded to a fixed size', () => {
  it('is the size before the padding', async () => {
    expect(frozen(await cropped(20))).toEqual(['20: 40 - time', '20: time']);
  });

  it('is a number of its own where it was another size', async () => {
    expect(frozen(await cropped(16))).toEqual(['20: 40 - time']);
  });
});
