import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './evidence/model.js';

/** Scores with an axis more, [batch, 4, time, time + extra], as a Reshape with these numbers reads them. */
async function shifted(extra: number, ...target: readonly number[]) {
  const b = await Builder.start();
  const padded = b.node('Pad', [b.input(['batch', 4, 'time', 'time']), b.ints(0, 0, 0, extra, 0, 0, 0, 0)]);
  return frozen(b.output(b.node('Reshape', [padded, b.ints(...target)])).model).sort();
}

describe('the shift of relative positions', () => {
  it('makes the two axes change places', async () => {
    expect(await shifted(1, 2, 4, 14, 13)).toEqual(['13: time', '14: time + 1', '2: batch']);
    expect(await shifted(1, 8, 14, 13)).toEqual(['13: time', '14: time + 1', '8: 4*batch']);
    expect(await shifted(3, 0, 0, 12, 9)).toEqual(['12: time + 3', '9: time']);
  });

  it('leaves axes in their order where the numbers are', async () => {
    expect(await shifted(1, 2, 4, 13, 14)).toEqual(['13: time', '14: time + 1', '2: batch']);
  });
});
