import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

/** `x [batch, time, 8]`, its first frame repeated as often as the target says, an output that is declared as given. */
async function repeated(target: readonly number[], declared: readonly (number | string)[]) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const first = b.node('Slice', [x, b.ints(0), b.ints(1), b.ints(1)]);
  return b.output(b.node('Expand', [first, b.ints(...target)]), declared).model;
}

/** `x [batch, time + 2, 8]` cut to `end` frames. */
async function cropped(end: number, padding: number) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const padded = b.node('Pad', [x, b.ints(0, 0, 0, 0, padding, 0)]);
  const cut = b.node('Slice', [padded, b.ints(0), b.ints(end), b.ints(1)]);
  return b.output(cut, ['batch', 'time', 8]).model;
}

describe('declared outputs', () => {
  it('say what a number of the target stands for', async () => {
    expect(frozen(await repeated([1, 20, 8], ['batch', 'time', 8]))).toEqual(['20: time']);
  });

  it('say nothing where they are no size of an input, or agree', async () => {
    expect(frozen(await repeated([1, 20, 8], ['batch', 'frames', 8]))).toEqual([]);
    expect(frozen(await repeated([1, 20, 8], ['batch', 20, 8]))).toEqual([]);
  });

  it('say nothing of an axis of one element that has the name of another', async () => {
    expect(frozen(await repeated([1, 1, 8], ['batch', 'batch', 8]))).toEqual([]);
    expect(frozen(await repeated([1, 20, 8], ['batch', 'batch', 8]))).toEqual(['20: batch']);
  });

  it('say where padding was cut off again', async () => {
    expect(frozen(await cropped(20, 2))).toEqual(['20: time']);
  });

  it('leave an end that may be a longest length, unless it was the traced size', async () => {
    expect(frozen(await cropped(20, 0))).toEqual([]);
    expect(frozen(await cropped(20, 0), { time: 20 })).toEqual(['20: time']);
    expect(frozen(await cropped(20, 0), { time: 30 })).toEqual([]);
  });

  it('do not make weights grow', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    const weight = b.floats([8, 20], (i) => Math.sin(i));
    const { model } = b.output(b.node('MatMul', [x, weight]), ['batch', 'time', 'time']);
    expect(frozen(model)).toEqual([]);
  });
});
