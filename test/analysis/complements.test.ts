import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './evidence/model.js';

/** `x [batch, time, 8]`, padded in front by `a - time % m` and cut into windows of 6. */
async function padded(a: number, m: number) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const time = b.node('Gather', [b.node('Shape', [x]), b.int(1)]);
  const missing = b.node('Sub', [b.int(a), b.node('Mod', [time, b.int(m)])]);
  const amounts = b.node('Concat', [b.ints(0), b.node('Unsqueeze', [missing, b.ints(0)]), b.ints(0, 0, 0, 0)], {
    axis: { int: 0 },
  });
  const whole = b.node('Pad', [x, amounts]);
  const rows = b.node('Div', [b.node('Gather', [b.node('Shape', [whole]), b.ints(1)]), b.ints(6)]);
  const target = b.node('Concat', [b.ints(0), rows, b.ints(6, 8)], { axis: { int: 0 } });
  return b.output(b.node('Reshape', [whole, target])).model;
}

describe('what is missing to the next multiple', () => {
  it('stands for no size, whatever windows there are', async () => {
    expect(frozen(await padded(4, 4))).toEqual([]);
    expect(frozen(await padded(6, 6))).toEqual([]);
  });

  it('is told from a number that something is taken from', async () => {
    expect(frozen(await padded(7, 4))).not.toEqual([]);
  });
});
