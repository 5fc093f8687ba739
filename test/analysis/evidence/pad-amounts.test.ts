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

/** `x [batch, time, 4]` padded up to a fixed size, and cut into windows of several lengths. */
async function cutUp(size: number, lengths: readonly number[], leavesItems = false) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 4]);
  const time = b.node('Slice', [b.node('Shape', [x]), b.ints(1), b.ints(2), b.ints(0)]);
  const missing = b.node('Sub', [b.ints(size), time]);
  const padded = b.node('Pad', [x, b.node('Concat', [b.ints(0, 0, 0, 0), missing, b.ints(0)], { axis: { int: 0 } })]);
  const total = b.node('Gather', [b.node('Shape', [padded]), b.ints(1)]);
  for (const length of leavesItems ? lengths : []) {
    b.output(b.node('Reshape', [padded, b.ints(-1, size / length, length, 4)]));
  }
  for (const length of leavesItems ? [] : lengths) {
    const parts = [b.ints(0), b.node('Div', [total, b.ints(length)]), b.ints(length), b.ints(4)];
    b.output(b.node('Reshape', [padded, b.node('Concat', parts, { axis: { int: 0 } })]));
  }
  return b.model;
}

/** `x [batch, channels, height, width]` with an amount added to both sides, and cut into windows of 8 by 6. */
async function padded2d(rows: number, columns: number) {
  const b = await Builder.start();
  const x = b.input(['batch', 3, 'height', 'width']);
  const padded = b.node('Pad', [x, b.ints(0, 0, 0, 0, 0, 0, rows, columns)]);
  const shape = b.node('Shape', [padded]);
  const count = (axis: number, length: number) =>
    b.node('Div', [b.node('Gather', [shape, b.ints(axis)]), b.ints(length)]);
  const target = [b.ints(0, 3), count(2, 8), b.ints(8), count(3, 6), b.ints(6)];
  return b.output(b.node('Reshape', [padded, b.node('Concat', target, { axis: { int: 0 } })])).model;
}

describe('amounts of padding', () => {
  it('is up to windows whose numbers are frozen, where an optimiser left the items to the -1', async () => {
    const found = frozen(await cutUp(24, [1, 2, 3, 4], true), { time: 18, batch: 1 });
    expect(found).toEqual(
      expect.arrayContaining(['24: 12*((time + 11)//12)', '12: 6*((time + 11)//12)', '6: 3*((time + 11)//12)']),
    );
  });

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

  it('fill up as many windows as the Reshapes were told', async () => {
    const b = await Builder.start();
    const padded = b.node('Pad', [b.input(['batch', 'time', 8]), b.ints(0, 0, 0, 0, 6, 0)]);
    const windows = b.node('Softmax', [b.node('Reshape', [padded, b.ints(0, 2, 12, 8)])], { axis: { int: 2 } });
    const joined = b.node('Reshape', [windows, b.ints(0, 24, 8)]);
    const cut = b.node('Slice', [joined, b.ints(0), b.ints(18), b.ints(1)]);
    const { model } = b.output(cut, ['batch', 'time', 8]);
    expect(frozen(model).sort()).toEqual([
      '18: time',
      '24: 12*((time + 11)//12)',
      '2: (time + 11)//12',
      '6: 12*((time + 11)//12) - time',
    ]);
  });

  it('fill up windows of several lengths', async () => {
    expect(frozen(await cutUp(24, [1, 2, 3, 4]), { time: 18 })).toEqual(['24: 12*((time + 11)//12)']);
    expect(frozen(await cutUp(20, [2, 5]), { time: 18 })).toEqual(['20: 10*((time + 9)//10)']);
    expect(frozen(await cutUp(24, [2, 3]), { time: 18 })).toEqual([]);
  });

  it('fill up the windows of an image', async () => {
    const expected = ['5: 8*((height + 7)//8) - height', '2: 6*((width + 5)//6) - width'];
    expect(frozen(await padded2d(5, 2))).toEqual(expected);
    expect(frozen(await padded2d(5, 2), { height: 11, width: 16 })).toEqual(expected);
    expect(frozen(await padded2d(5, 2), { height: 12, width: 16 })).toEqual(expected.slice(1));
  });

  it('fill up a fixed size that the traced one has nothing to do with', async () => {
    expect(frozen(await filledUp(3000, 2), { time: 20 })).toEqual([]);
    expect(frozen(await filledUp(20, 2))).toEqual([]);
  });
});
