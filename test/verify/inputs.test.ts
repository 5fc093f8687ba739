import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { choices } from '../../src/verify/choices.js';
import { makeInputs, sizesFixedBetween } from '../../src/verify/inputs.js';
import type { Port } from '../../src/verify/runtime.js';

const port = (name: string, dtype: number, ...shape: Port['shape']): Port => ({ name, dtype, shape });

describe('makeInputs', () => {
  const features = port('x', DataType.FLOAT, 'B', 'T', 3);

  it('gives the same values every time, of the right shape and within [-1, 1)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 50 }), (B, T) => {
        const make = () => makeInputs([features], { B, T }).get('x') as DenseTensor;
        const { shape, data } = make();
        expect(shape).toEqual([B, T, 3]);
        expect(data.length).toBe(B * T * 3);
        expect((data as Float32Array).every((value) => value >= -1 && value < 1)).toBe(true);
        expect(make().data).toEqual(data);
      }),
    );
  });

  it('makes lengths as long as the longest axis, ids small, masks true', () => {
    const ports = [
      features,
      port('lengths', DataType.INT64, 'B'),
      port('ids', DataType.INT32, 'B', 'T'),
      port('mask', DataType.BOOL, 'B', 'T'),
    ];
    const inputs = makeInputs(ports, { B: 2, T: 9 });
    expect(inputs.get('lengths')?.data).toEqual(BigInt64Array.of(9n, 9n));
    const ids = inputs.get('ids') as DenseTensor;
    expect((ids.data as Int32Array).every((id) => id >= 0 && id <= 3)).toBe(true);
    expect(new Set(inputs.get('mask')?.data as Uint8Array)).toEqual(new Set([1]));
    expect(new Set(makeInputs(ports, { B: 2, T: 9 }, 'zeros').get('lengths')?.data as BigInt64Array)).toEqual(
      new Set([0n]),
    );
  });

  it.each([
    DataType.FLOAT16,
    DataType.DOUBLE,
    DataType.UINT8,
    DataType.INT8,
    DataType.INT16,
    DataType.UINT16,
    DataType.UINT32,
    DataType.UINT64,
    DataType.STRING,
  ])('fills element type %d', (dtype) => {
    expect(makeInputs([port('x', dtype, 2, 2)], {}).get('x')).toMatchObject({ dtype, shape: [2, 2] });
  });

  it('refuses what onnxruntime-node cannot be given', () => {
    expect(() => makeInputs([{ name: 's', dtype: undefined, shape: [] }], {})).toThrow(/input s is not a tensor/);
  });
});

describe('choices', () => {
  it('keeps what is given, guesses 1 for batches and goes through guesses for the rest', () => {
    const all = [...choices([port('x', DataType.FLOAT, 'B', 'T', 3)], {})];
    expect(all[0]).toEqual({ sizes: { B: 1, T: 16 }, integers: 'plausible' });
    expect(new Set(all.map(({ sizes }) => sizes.B))).toEqual(new Set([1]));
    expect(new Set(all.map(({ sizes }) => sizes.T)).size).toBe(all.length);
    expect([...choices([port('x', DataType.FLOAT, 'B', 'T')], { B: 4, T: 5 })]).toEqual([
      { sizes: { B: 4, T: 5 }, integers: 'plausible' },
    ]);
  });

  it('names axes of which nothing is said, and varies integers', () => {
    const all = [...choices([port('ids', DataType.INT64, undefined, 7)], {})];
    expect(all.map(({ integers }) => integers)).toEqual(['plausible', 'zeros', 'ones']);
    expect(all[0]?.sizes).toEqual({ 'ids.0': 1 });
  });
});

describe('sizesFixedBetween', () => {
  it('takes the number that one declaration has for the symbol of the other', () => {
    const fixed = [port('x', DataType.FLOAT, 1, 20, 'C')];
    const open = [port('x', DataType.FLOAT, 'batch', 'time', 32)];
    expect(sizesFixedBetween(fixed, open)).toEqual({ batch: 1, time: 20, C: 32 });
    expect(sizesFixedBetween(open, open)).toEqual({});
  });
});
