import { describe, expect, it } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { Builder, frozen } from './model.js';

/** The positions of `time`, compared with a number. */
async function compared(length: number) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const time = b.node('Gather', [b.node('Shape', [x]), b.int(1)]);
  const range = b.node('Range', [b.int(0), time, b.int(1)]);
  const row = b.node('Unsqueeze', [range, b.ints(0)]);
  return b.output(b.node('Less', [row, b.ints(length)]), undefined, DataType.BOOL).model;
}

describe('lengths that live positions are compared with', () => {
  it('are the size of the axis when they are all of it', async () => {
    expect(frozen(await compared(20), { time: 20 })).toEqual(['20: time']);
  });

  it('are numbers of their own when they are not', async () => {
    expect(frozen(await compared(20), { time: 30 })).toEqual([]);
    expect(frozen(await compared(20))).toEqual([]);
  });
});
