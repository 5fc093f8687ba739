import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

/** `x [batch, time, 4]` padded by some frames at its end, and cut into windows of 8. */
async function windowed(amount: number) {
  const b = await Builder.start();
  const padded = b.node('Pad', [b.input(['batch', 'time', 4]), b.ints(0, 0, 0, 0, amount, 0)]);
  return b.output(b.node('Reshape', [padded, b.ints(0, -1, 8, 4)])).model;
}

/** `x [batch, 4, time]` padded up to a fixed size, and read by a convolution. */
async function filledUp(size: number, stride: number) {
  const b = await Builder.start();
  const x = b.input(['batch', 4, 'time']);
  const time = b.node('Slice', [b.node('Shape', [x]), b.ints(2), b.ints(3), b.ints(0)]);
  const missing = b.node('Sub', [b.ints(size), time]);
  const amounts = b.node('Concat', [b.ints(0, 0, 0, 0, 0), missing], { axis: { int: 0 } });
  const padded = b.node('Pad', [x, amounts]);
  const weight = b.floats([4, 4, 1], (i) => i);
  return b.output(b.node('Conv', [padded, weight], { strides: { ints: [stride] } })).model;
}

describe('amounts of padding', () => {
  it('fill up the last window', async () => {
    expect(frozen(await windowed(4))).toEqual(['4: 8*((time + 7)//8) - time']);
    expect(frozen(await windowed(4), { time: 20 })).toEqual(['4: 8*((time + 7)//8) - time']);
  });

  it('are numbers of their own when the traced size, or the window, does not need them', async () => {
    expect(frozen(await windowed(4), { time: 21 })).toEqual([]);
    expect(frozen(await windowed(8))).toEqual([]);
  });

  it('were subtracted from a number of whole strides', async () => {
    expect(frozen(await filledUp(20, 2), { time: 19 })).toEqual(['20: 2*((time + 1)//2)']);
    expect(frozen(await filledUp(20, 1), { time: 20 })).toEqual(['20: time']);
  });

  it('fill up a fixed size that the traced one has nothing to do with', async () => {
    expect(frozen(await filledUp(3000, 2), { time: 20 })).toEqual([]);
    expect(frozen(await filledUp(20, 2))).toEqual([]);
  });
});
