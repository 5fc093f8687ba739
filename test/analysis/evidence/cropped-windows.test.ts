import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

interface Patches {
  /** The end of the Slice. */
  readonly end: number;
  /** What its frames of 8 features are reshaped to, behind the batch. */
  readonly target: readonly number[];
  /** Declared size of axis 1 of the output. */
  readonly declared?: number | string;
  /** What is done first. */
  readonly before?: (b: Builder, x: ReturnType<Builder['input']>) => ReturnType<Builder['input']>;
}

/** `x [batch, time, 8]` cut to whole patches, each of which becomes one position: `x[:, :20].view(B, 5, 32)`. */
async function patched({ end, target, declared, before }: Patches) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const cut = b.node('Slice', [before?.(b, x) ?? x, b.ints(0), b.ints(end), b.ints(1)]);
  const patches = b.node('Reshape', [b.node('Relu', [cut]), b.ints(0, ...target)]);
  const shape = ['batch', declared ?? 'patches', ...target.slice(1)];
  return b.output(patches, declared === undefined ? undefined : shape).model;
}

describe('ends of whole windows', () => {
  it('are known where the number of windows is declared free', async () => {
    const expected = ['20: 4*(time//4)', '5: time//4'];
    expect(frozen(await patched({ end: 20, target: [5, 32], declared: 'time' }))).toEqual(expected);
    expect(frozen(await patched({ end: 20, target: [5, 32], declared: 'patches' }))).toEqual(expected);
    expect(frozen(await patched({ end: 20, target: [5, 4, 8], declared: 'time' }))).toEqual(expected);
    expect(frozen(await patched({ end: 21, target: [7, 24], declared: 'time' }))).toEqual([
      '21: 3*(time//3)',
      '7: time//3',
    ]);
  });

  it('are known where the traced size is', async () => {
    for (const time of [20, 22]) {
      expect(frozen(await patched({ end: 20, target: [5, 32] }), { time })).toEqual(['20: 4*(time//4)', '5: time//4']);
      expect(frozen(await patched({ end: 20, target: [-1, 32] }), { time })).toEqual(['20: 4*(time//4)']);
      expect(frozen(await patched({ end: 20, target: [-1, 4, 8] }), { time })).toEqual(['20: 4*(time//4)']);
    }
  });

  it('are numbers of their own where nothing says that they were more', async () => {
    expect(frozen(await patched({ end: 20, target: [5, 32] }))).toEqual([]);
    expect(frozen(await patched({ end: 20, target: [5, 32], declared: 5 }))).toEqual([]);
    expect(frozen(await patched({ end: 20, target: [-1, 32], declared: 'time' }))).toEqual([]);
    expect(frozen(await patched({ end: 20, target: [5, 32], declared: 'time' }), { time: 30 })).toEqual([]);
    expect(frozen(await patched({ end: 20, target: [5, 32] }), { time: 30 })).toEqual([]);
  });

  it('keep what was filled up to longer windows', async () => {
    const before: Patches['before'] = (b, x) => {
      const time = b.node('Slice', [b.node('Shape', [x]), b.ints(1), b.ints(2), b.ints(0)]);
      const missing = b.node('Mod', [b.node('Neg', [time]), b.ints(12)]);
      const amounts = b.node('Concat', [b.ints(0, 0, 0, 0), missing, b.ints(0)], { axis: { int: 0 } });
      return b.node('Pad', [x, amounts]);
    };
    expect(frozen(await patched({ end: 20, target: [-1, 4, 8], before }), { time: 18 })).toEqual([
      '20: 4*((time + 3)//4)',
    ]);
    expect(frozen(await patched({ end: 24, target: [-1, 4, 8], before }), { time: 18 })).toEqual([
      '24: 12*((time + 11)//12)',
    ]);
    expect(frozen(await patched({ end: 16, target: [-1, 4, 8], before }), { time: 18 })).toEqual([]);
  });

  it('are told by windows of both sides of an image', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 3, 'height', 'width']);
    const cut = b.node('Slice', [x, b.ints(0, 0), b.ints(16, 24), b.ints(2, 3)]);
    const patches = b.node('Reshape', [cut, b.ints(0, 3, 4, 4, 8, 3)]);
    const rows = b.node('Transpose', [patches], { perm: { ints: [0, 2, 4, 1, 3, 5] } });
    const { model } = b.output(rows, ['batch', 'rows', 'columns', 3, 4, 3]);
    const expected = ['16: 4*(height//4)', '24: 3*(width//3)', '4: height//4', '8: width//3'];
    expect(frozen(model).sort()).toEqual(expected);
  });

  it('are told where the axis was moved before', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 8, 'time']);
    const cut = b.node('Slice', [x, b.ints(0), b.ints(20), b.ints(-1)]);
    const rows = b.node('Transpose', [cut], { perm: { ints: [0, 2, 1] } });
    const { model } = b.output(b.node('Reshape', [rows, b.ints(0, 10, 16)]), ['batch', 'n', 16]);
    expect(frozen(model)).toEqual(['20: 2*(time//2)', '10: time//2']);
  });
});
