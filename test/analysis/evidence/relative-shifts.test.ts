import { describe, expect, it } from 'vitest';
import { Builder, frozen } from './model.js';

/** Scores of 2T-1 distances made scores of T keys, with the sizes of T = `time` as numbers. */
async function shifted(time: number, { width = 2 * time - 1, isLive = false, keys = time } = {}) {
  const b = await Builder.start();
  const q = b.input(['batch', 2, 'time', 8]);
  const rows = b.floats([1, 1, 8, width], (i) => Math.sin(i));
  const zeros = b.node('Expand', [
    b.floats([1], () => 0),
    b.node('Concat', [b.node('Shape', [column(b, q)])], { axis: { int: 0 } }),
  ]);
  const padded = b.node('Concat', [zeros, b.node('MatMul', [q, rows])], { axis: { int: 3 } });
  const length = b.node('Slice', [b.node('Shape', [q]), b.ints(2), b.ints(3)]);
  const target = (...sizes: (number | 'time')[]) =>
    b.node(
      'Concat',
      sizes.map((size) => (size === 'time' ? length : b.ints(size))),
      { axis: { int: 0 } },
    );
  const now = isLive ? 'time' : time;
  const turned = b.node('Reshape', [padded, target(0, 2, width + 1, now)]);
  const rest = b.node('Slice', [turned, b.ints(1), b.ints(2 ** 40), b.ints(2)]);
  const back = b.node('Reshape', [rest, target(0, 2, now, width)]);
  const scores = b.node('Slice', [back, b.ints(0), b.ints(keys), b.ints(3)]);
  return b.output(b.node('Add', [scores, b.input(['batch', 2, 'time', 'time'])])).model;
}

/** [batch, 2, time, 1] of what has [batch, 2, time, 8]. */
function column(b: Builder, x: ReturnType<Builder['input']>) {
  return b.node('Slice', [x, b.ints(0), b.ints(1), b.ints(3)]);
}

describe('relative positions shifted by Reshape', () => {
  it.each([20, 7, 33])('are of %i positions, twice in both numbers', async (time) => {
    const found = frozen(await shifted(time));
    expect(found).toEqual(
      expect.arrayContaining([`${2 * time}: 2*time`, `${time}: time`, `${2 * time - 1}: 2*time - 1`]),
    );
    // The table, too, has a row for each distance; nothing is padded for the lack of rows.
    expect(found.filter((each) => each === `${2 * time - 1}: 2*time - 1`)).toHaveLength(2);
    expect(found.join()).not.toMatch(/: -|- 2\*time/);
  });

  it('are found by the keys that are cut off where the length is live', async () => {
    const found = frozen(await shifted(20, { isLive: true }));
    expect(found).toEqual(expect.arrayContaining(['40: 2*time', '20: time', '39: 2*time - 1']));
  });

  it('are a table of its own length where something else is cut off', async () => {
    expect(frozen(await shifted(20, { isLive: true, keys: 12 })).join()).not.toMatch('2*time');
  });
});
