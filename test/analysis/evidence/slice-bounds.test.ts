import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

async function sliced(axisSize: number | string, start: number, end: number) {
  const b = await Builder.start();
  const x = b.input(['batch', axisSize, 8]);
  return b.output(b.node('Slice', [x, b.ints(start), b.ints(end), b.ints(1)])).model;
}

describe('slice bounds', () => {
  it('stand for the axis that ended there', async () => {
    expect(frozen(await sliced('time', 0, 20), { time: 20 })).toEqual(['20: time']);
  });

  it('stand for the last position', async () => {
    expect(frozen(await sliced('time', 19, 1000), { time: 20 })).toEqual(['19: time - 1']);
  });

  it('stand for halves of an axis that has them', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    const double = b.node('Concat', [x, x], { axis: { int: 1 } });
    b.output(b.node('Slice', [double, b.ints(0), b.ints(20), b.ints(1)]));
    b.output(b.node('Slice', [double, b.ints(20), b.ints(40), b.ints(1)]));
    expect(frozen(b.model, { time: 20 }).sort()).toEqual(['20: time', '20: time', '40: 2*time']);
  });

  it('are numbers of their own on an axis of another size', async () => {
    expect(frozen(await sliced(40, 0, 20), { time: 20, batch: 1 })).toEqual([]);
    expect(frozen(await sliced('time', 0, 20), { time: 24 })).toEqual([]);
    expect(frozen(await sliced('time', 0, 20), { batch: 20 })).toEqual([]);
  });

  it('are left where the steps of an axis are read one by one', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    for (let i = 0; i < 4; i++) b.output(b.node('Slice', [x, b.ints(i), b.ints(i + 1), b.ints(1)]));
    expect(frozen(b.model, { time: 4 })).toEqual([]);
  });

  it('stand for the axis where the same positions are read several times', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    for (let i = 0; i < 3; i++) b.output(b.node('Slice', [x, b.ints(0), b.ints(20), b.ints(1)]));
    expect(frozen(b.model, { time: 20 })).toEqual(['20: time', '20: time', '20: time']);
  });
});
