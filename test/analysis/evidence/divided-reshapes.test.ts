import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

async function reshaped(shape: readonly (number | string)[], target: readonly number[]) {
  const b = await Builder.start();
  return b.output(b.node('Reshape', [b.input(shape), b.ints(...target)])).model;
}

describe('numbers that a Reshape divides by', () => {
  it('are the size that would else be left over', async () => {
    expect(frozen(await reshaped(['batch', 'rows', 8, 16], [2, -1, 16]), { batch: 2, rows: 3 })).toEqual(['2: batch']);
    expect(frozen(await reshaped(['batch', 'time', 16], [-1, 20, 4, 4]), { batch: 1, time: 20 })).toEqual(['20: time']);
  });

  it('are windows where nothing was of that size', async () => {
    expect(frozen(await reshaped(['batch', 'rows', 8, 16], [2, -1, 16]), { batch: 3, rows: 4 })).toEqual([]);
  });

  it('are heads where they cover whole axes already', async () => {
    expect(frozen(await reshaped(['batch', 'time', 2, 16], [-1, 2, 16]), { batch: 2, time: 5 })).toEqual([]);
    expect(frozen(await reshaped(['batch', 'time', 32], [-1, 2, 16]), { batch: 2, time: 5 })).toEqual([]);
  });

  it('are 1 where everything was one, unless the size is frozen elsewhere', async () => {
    const traced = { batch: 1, time: 6 };
    expect(frozen(await reshaped(['batch', 'time', 16], [1, -1, 16]), traced)).toEqual([]);
    const b = await Builder.start();
    const target = () => b.ints(1, -1, 16);
    const merged = b.node('Reshape', [b.input(['batch', 'time', 16]), target()]);
    b.output(b.node('Reshape', [b.node('Relu', [merged]), target()]), ['batch', 'time', 16]);
    expect(frozen(b.model, traced)).toEqual(['1: batch', '1: batch']);
  });
});
