import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/model/model.js';
import { Builder, frozen } from './model.js';

/** Amounts of padding of an image, and the kernel and stride of the convolution that reads it. */
type Layer = readonly [amounts: readonly [number, number, number, number], kernel: number, stride: number];

/** Convolutions one after the other, each behind a Pad of its own. */
async function padded(...layers: readonly Layer[]): Promise<Model> {
  const b = await Builder.start();
  let x = b.input(['batch', 2, 'height', 'width']);
  for (const [[top, left, bottom, right], kernel, stride] of layers) {
    const pads = b.ints(0, 0, top, left, 0, 0, bottom, right);
    const weight = b.floats([2, 2, kernel, kernel], (i) => i % 3);
    x = b.node('Conv', [b.node('Pad', [x, pads]), weight], { strides: { ints: [stride, stride] } });
  }
  return b.output(x).model;
}

const NONE = [0, 0, 0, 0] as const;
const END = [0, 0, 1, 1] as const;
const AROUND = [1, 1, 1, 1] as const;
const PIXEL: Layer = [NONE, 1, 1];

describe('padding that gives as many positions as the stride leaves', () => {
  it('follows the size of a strided convolution, where idle Pads show that all of it was computed', async () => {
    // The end of a kernel of 3 gets 1 in any case, the beginning only where the size is odd.
    expect(frozen(await padded([END, 3, 2], PIXEL, [AROUND, 3, 1], PIXEL))).toEqual([
      '0: 2*((height + 1)//2) - height',
      '0: 2*((width + 1)//2) - width',
    ]);
  });

  it('follows sizes layer by layer, odd ones that were padded on both sides included', async () => {
    const found = frozen(await padded([AROUND, 3, 2], PIXEL, [END, 3, 2], PIXEL));
    expect(found).toEqual([
      '1: 2*((height + 1)//2) - height',
      '1: 2*((width + 1)//2) - width',
      '0: 2*((height + 3)//4) - ((height + 1)//2)',
      '0: 2*((width + 3)//4) - ((width + 1)//2)',
    ]);
  });

  it.each<[string, Layer[]]>([
    [
      'no Pad is idle: the amounts may be meant',
      [
        [END, 3, 2],
        [AROUND, 3, 1],
      ],
    ],
    ['one convolution is padded otherwise', [[END, 3, 2], PIXEL, [NONE, 3, 1], PIXEL]],
    ['nothing is strided', [[AROUND, 3, 1], PIXEL, PIXEL]],
  ])('stays where %s', async (_, layers) => {
    expect(frozen(await padded(...layers))).toEqual([]);
  });
});
