import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/value.js';
import { Builder, frozen } from './model.js';

/** Scores `[batch, time, time]` and a mask with `columns` columns, cut to as many as there are keys. */
async function cut(mask: (b: Builder, time: Value) => Value) {
  const b = await Builder.start();
  const scores = b.input(['batch', 'time', 'time']);
  const time = b.node('Gather', [b.node('Shape', [scores]), b.ints(1)]);
  const keys = b.node('Slice', [mask(b, time), b.ints(0), time, b.ints(-1)]);
  return b.output(b.node('Add', [scores, keys])).model;
}

function filled(b: Builder, time: Value, columns: number): Value {
  const shape = b.node('Concat', [time, b.ints(columns)], { axis: { int: 0 } });
  return b.node('Trilu', [b.node('ConstantOfShape', [shape])], { upper: { int: 1 } });
}

describe('capped axes', () => {
  it('are as long as the live size that they are cut to', async () => {
    expect(frozen(await cut((b, time) => filled(b, time, 12)))).toEqual(['12: time']);
  });

  it('lead on to what is as long as they are', async () => {
    const mask = (b: Builder, time: Value) => b.node('Add', [filled(b, time, 12), b.floats([1, 12], () => 1)]);
    expect(frozen(await cut(mask)).sort()).toEqual(['12: time', '12: time']);
  });

  it('may end where what is stored ends', async () => {
    expect(frozen(await cut((b) => b.floats([1, 12], (i) => Math.sin(i * i))))).toEqual([]);
    expect(frozen(await cut((b) => b.floats([1, 12], () => 0)))).toEqual([]);
  });

  it('are numbers of their own where nothing needs the live size', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8]);
    const time = b.node('Gather', [b.node('Shape', [x]), b.ints(1)]);
    b.output(b.node('Slice', [filled(b, time, 12), b.ints(0), time, b.ints(-1)]));
    expect(frozen(b.model)).toEqual([]);
  });
});
