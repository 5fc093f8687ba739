import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

async function joined(length: number, at: (i: number) => number) {
  const b = await Builder.start();
  const x = b.input([1, 'time', 2]);
  return b.output(b.node('Concat', [b.floats([1, length, 2], at), x], { axis: { int: 1 } })).model;
}

const traced = { time: 20 };

describe('fills that are joined to live tensors', () => {
  it('are as long as those', async () => {
    expect(frozen(await joined(20, () => 0), traced)).toEqual(['20: time']);
  });

  it('keep their length when it is another one, or when they hold more than one number', async () => {
    expect(frozen(await joined(4, () => 0), traced)).toEqual([]);
    expect(frozen(await joined(20, (i) => i), traced)).toEqual([]);
  });
});
