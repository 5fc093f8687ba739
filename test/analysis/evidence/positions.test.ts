import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

async function gathered(...indices: readonly number[]) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  return b.output(b.node('Gather', [x, b.ints(...indices)], { axis: { int: 1 } })).model;
}

describe('positions', () => {
  it('are the last and the middle one of the traced axis', async () => {
    expect(frozen(await gathered(0, 3, 10, 19), { time: 20 })).toEqual(['10: time//2', '19: time - 1']);
    expect(frozen(await gathered(0, 3, 10, 18), { time: 20 })).toEqual(['10: time//2']);
  });

  it('tell their axis themselves when they are first, middle and last', async () => {
    expect(frozen(await gathered(0, 10, 19))).toEqual(['10: time//2', '19: time - 1']);
    expect(frozen(await gathered(0, 1, 2))).toEqual([]);
    expect(frozen(await gathered(0, 4, 19))).toEqual([]);
    expect(frozen(await gathered(19))).toEqual([]);
  });

  it('are left where the items of an axis are read one by one', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 8]);
    for (let i = 0; i < 4; i++) b.output(b.node('Gather', [x, b.int(i)]));
    expect(frozen(b.model, { batch: 4 })).toEqual([]);
  });

  it('are left in a list that is as long as the axis', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    const flipped = b.node('Gather', [x, b.ints(...Array.from({ length: 20 }, (_, i) => 19 - i))], {
      axis: { int: 1 },
    });
    b.output(b.node('Add', [x, flipped]));
    expect(frozen(b.model)).toEqual(['20: time']);
  });

  it('are all of them for TopK', async () => {
    const b = await Builder.start();
    b.output(b.node('TopK', [b.input(['batch', 'time']), b.ints(20)]));
    expect(frozen(b.model, { time: 20 })).toEqual(['20: time']);
    expect(frozen(b.model, { time: 50 })).toEqual([]);
  });
});
