import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/value.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { asStrided, scalar } from './as-strided.js';
import { Builder, frozen } from './model.js';

/** Windows of 12 at every 4th of [batch, time, 8], of a size that was 32 when it was traced. */
function windows(b: Builder, batch: number | Value, isRange?: boolean) {
  const x = b.input(['batch', 'time', 8]);
  const chunks = b.node('Reshape', [x, b.ints(0, -1, 4, 8)]);
  return b.output(asStrided(b, chunks, [[x, 0], [chunks, 1, 1, -2], 12, 8], [batch, 32, 8, 1], isRange)).model;
}

describe('strides of overlapping windows', () => {
  it.each([
    ['Range', true],
    ['positions of ones', false],
  ])('follow the size of an item, counted by %s', async (_, isRange) => {
    expect(frozen(await Builder.start().then((b) => windows(b, 256, isRange)))).toEqual(['256: 32*(time//4)']);
  });

  it('follow the batch where it is not the outermost axis in memory', async () => {
    const b = await Builder.start();
    const x = b.input(['time', 'batch', 32]);
    const heads = b.node('Reshape', [x, b.ints(0, 0, 4, 8)]);
    const front = b.node('Transpose', [heads], { perm: { ints: [1, 2, 0, 3] } });
    const joined = b.node('Reshape', [front, b.node('Concat', [merged(b, x), b.ints(-1, 8, 8)], { axis: { int: 0 } })]);
    const read = asStrided(b, joined, [[joined, 0], [joined, 1, 2, -1], [joined, 2], 8], [8, 384, 96, 1]);
    // Of batch 3: 4 * 8 numbers a frame.
    expect(frozen(b.output(read).model).sort()).toEqual(['384: 128*batch', '96: 32*batch']);
  });

  it('follow the length of a signal that windows need not cover', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'samples']);
    // (samples - 400) // 160 + 1 frames of 16000 samples.
    const samples = scalar(b, [x, 1, 1, -400]);
    const frames = b.node('Add', [b.node('Div', [samples, b.int(160)]), b.int(1)]);
    const made = b.node('ConstantOfShape', [b.node('Unsqueeze', [frames, b.ints(0)])]);
    b.output(asStrided(b, x, [[x, 0], [made, 0], 400], [16000, 160, 1]));
    expect(frozen(b.model)).toEqual(['16000: samples']);
    expect(frozen(b.model, { samples: 8000 })).toEqual([]);
  });

  it('are numbers where sizes of the file alone decide them', async () => {
    const b = await Builder.start();
    const x = b.input(['time', 8]);
    const chunks = b.node('Reshape', [x, b.ints(-1, 4, 8)]);
    b.output(asStrided(b, chunks, [[chunks, 0, 1, -1], 8, 8], [32, 8, 1]));
    expect(frozen(b.model)).toEqual([]);
  });

  it('are left where they are live', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    const size = b.node('Unsqueeze', [scalar(b, [x, 1, 8]), b.ints(0)]);
    b.output(asStrided(b, x, [[x, 0], [x, 1], 8], [size, 8, 1]));
    expect(frozen(b.model)).toEqual([]);
  });

  it('are left where no sizes give the numbers', async () => {
    // 250 is no multiple of the 32 numbers in a chunk.
    expect(frozen(await Builder.start().then((b) => windows(b, 250)))).toEqual([]);
  });

  it('are left where what is read is no sum of ranges', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    const picked = b.node('Mul', [b.input(['batch', 1], DataType.INT64), b.ints(256)]);
    const range = b.node('Range', [b.int(0), scalar(b, [x, 1, 8]), b.int(1)]);
    b.output(b.node('Gather', [b.node('Reshape', [x, b.ints(-1)]), b.node('Add', [picked, range])]));
    expect(frozen(b.model)).toEqual([]);
  });
});

/** 4 * batch, as a list. */
function merged(b: Builder, x: Value): Value {
  return b.node('Unsqueeze', [scalar(b, [x, 1, 4]), b.ints(0)]);
}
