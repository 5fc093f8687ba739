import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/value.js';
import { Builder, frozen } from './evidence/model.js';

const learned = (i: number) => Math.sin(i * i);
const computed = (i: number) => (Math.floor(i / 40) >= i % 40 ? 0 : -1);

/** `x [batch, time, 8]`, filled up, added to a table of 40 positions, and cut to 20 again. */
async function filled(fill: (b: Builder, x: Value) => Value, at = learned, shape = [1, 40, 8]) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const sum = b.node('Add', [fill(b, x), b.floats(shape, at)]);
  return b.output(b.node('Slice', [sum, b.ints(0), b.ints(20), b.ints(1)]), ['batch', 'time', 8]).model;
}

const pad = (head: number, tail: number) => (b: Builder, x: Value) =>
  b.node('Pad', [x, b.ints(0, head, 0, 0, tail, 0)]);

describe('sequences filled up to a table', () => {
  it('are as long as what was learned', async () => {
    expect(frozen(await filled(pad(0, 20)))).toEqual(['20: 40 - time', '20: time']);
    expect(frozen(await filled(pad(0, 13)))[0]).toBe('13: 40 - time');
    expect(frozen(await filled(pad(20, 0)))[0]).toBe('20: 40 - time');
    expect(frozen(await filled(pad(1, 19)))[0]).toBe('19: 39 - time');
  });

  it('are filled up by zeros that are joined', async () => {
    const join = (b: Builder, x: Value) => b.node('Concat', [x, b.floats([1, 20, 8], () => 0)], { axis: { int: 1 } });
    expect(frozen(await filled(join))).toContain('20: 40 - time');
  });

  it('are padded by what they are padded by where the table follows a rule, or the padding is short', async () => {
    const square = await Builder.start();
    const scores = square.node('Pad', [square.input(['batch', 'time', 'time']), square.ints(0, 0, 0, 0, 20, 20)]);
    square.output(square.node('Add', [scores, square.floats([40, 40], computed)]));
    expect(frozen(square.model)).toEqual(['40: time + 20', '40: time + 20']);
    expect(frozen(await filled(pad(0, 2)))[0]).toBe('40: time + 2');
  });

  it('fill up the axis that a learned weight sums', async () => {
    const b = await Builder.start();
    const x = b.node('Pad', [b.input(['batch', 8, 'width']), b.ints(0, 0, 0, 0, 0, 12)]);
    const { model } = b.output(b.node('MatMul', [x, b.floats([32, 5], learned)]));
    expect(frozen(model)).toEqual(['12: 32 - width']);
  });
});
