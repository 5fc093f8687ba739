import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeElements, encodedLength, encodeElements } from '../../src/tensor/codec.js';
import type { DenseData } from '../../src/tensor/dense.js';
import { bitsPerElement, DataType, dataTypeName } from '../../src/tensor/dtype.js';

const TYPES = Object.values(DataType).filter((type) => bitsPerElement(type) !== undefined);

/** Bytes whose elements are all different codes, so that decoding and encoding again must give them back. */
function isCanonical(type: number, data: DenseData): boolean {
  // One NaN is as good as another.
  return (
    type === DataType.FLOAT || type === DataType.DOUBLE || !Array.from(data as ArrayLike<number>).some(Number.isNaN)
  );
}

describe('element codec', () => {
  it.each(TYPES.map((type) => [dataTypeName(type), type] as const))('gives %s back', (_, type) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 17 }),
        fc.uint8Array({ minLength: 400, maxLength: 400 }),
        (count, random) => {
          const length = encodedLength(type, [count]) as number;
          const bytes = random.slice(0, length);
          const bits = bitsPerElement(type) as number;
          // Bits after the last element are padding.
          if (bits < 8 && length > 0)
            bytes[length - 1] = (bytes[length - 1] as number) & ((1 << ((((count - 1) % (8 / bits)) + 1) * bits)) - 1);
          const dense = decodeElements(type, [count], bytes);
          expect(dense.shape).toEqual([count]);
          fc.pre(isCanonical(type, dense.data));
          expect(encodeElements(dense)).toEqual(bytes);
        },
      ),
    );
  });

  it.each<[string, number, number[], number[]]>([
    ['float16', DataType.FLOAT16, [0x00, 0x3c, 0xff, 0x7b, 0x01, 0x00, 0x00, 0xfc], [1, 65504, 2 ** -24, -Infinity]],
    ['bfloat16', DataType.BFLOAT16, [0x80, 0x3f, 0x49, 0x40, 0x80, 0xff], [1, 3.140625, -Infinity]],
    ['float8e4m3fn', DataType.FLOAT8E4M3FN, [0x38, 0x7e, 0x01, 0x80, 0xfe], [1, 448, 2 ** -9, -0, -448]],
    ['float8e4m3fnuz', DataType.FLOAT8E4M3FNUZ, [0x40, 0x7f, 0x01, 0xff], [1, 240, 2 ** -10, -240]],
    ['float8e5m2', DataType.FLOAT8E5M2, [0x3c, 0x7b, 0x01, 0x7c, 0xfc], [1, 57344, 2 ** -16, Infinity, -Infinity]],
    ['float8e5m2fnuz', DataType.FLOAT8E5M2FNUZ, [0x40, 0x7f, 0x01], [1, 57344, 2 ** -17]],
    ['float8e8m0', DataType.FLOAT8E8M0, [127, 0, 254, 128], [1, 2 ** -127, 2 ** 127, 2]],
    ['float4e2m1', DataType.FLOAT4E2M1, [0x10, 0x32, 0x54, 0x76, 0xf8], [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -6]],
    ['int4', DataType.INT4, [0xf1, 0x78], [1, -1, -8, 7]],
    ['uint4', DataType.UINT4, [0xf1, 0x78], [1, 15, 8, 7]],
    ['int2', DataType.INT2, [0b11100100], [0, 1, -2, -1]],
    ['uint2', DataType.UINT2, [0b11100100], [0, 1, 2, 3]],
  ])('reads %s as the standard defines it', (_, type, bytes, values) => {
    expect(Array.from(decodeElements(type, [values.length], Uint8Array.from(bytes)).data as ArrayLike<number>)).toEqual(
      values,
    );
  });

  it('reads NaN codes', () => {
    const nan = (type: number, code: number[]) =>
      (decodeElements(type, [1], Uint8Array.from(code)).data as Float32Array)[0];
    expect(nan(DataType.FLOAT8E4M3FN, [0x7f])).toBeNaN();
    expect(nan(DataType.FLOAT8E4M3FNUZ, [0x80])).toBeNaN();
    expect(nan(DataType.FLOAT8E5M2, [0x7d])).toBeNaN();
    expect(nan(DataType.FLOAT8E5M2FNUZ, [0x80])).toBeNaN();
    expect(nan(DataType.FLOAT8E8M0, [0xff])).toBeNaN();
    expect(nan(DataType.BFLOAT16, [0xc0, 0x7f])).toBeNaN();
  });

  it('rounds to the nearest value, ties to even, and saturates', () => {
    const encode = (dtype: number, value: number) => [
      ...encodeElements({ dtype, shape: [1], data: Float32Array.of(value) }),
    ];
    expect(encode(DataType.BFLOAT16, 1 + 2 ** -8)).toEqual([0x80, 0x3f]);
    expect(encode(DataType.BFLOAT16, 1 + 3 * 2 ** -8)).toEqual([0x82, 0x3f]);
    expect(encode(DataType.FLOAT16, 1 + 2 ** -11)).toEqual([0x00, 0x3c]);
    expect(encode(DataType.FLOAT8E4M3FN, 1 + 2 ** -4)).toEqual([0x38]);
    expect(encode(DataType.FLOAT8E4M3FN, 1 + 3 * 2 ** -4)).toEqual([0x3a]);
    expect(encode(DataType.FLOAT8E4M3FN, 1e9)).toEqual([0x7e]);
    expect(encode(DataType.FLOAT8E4M3FN, Number.NaN)).toEqual([0x7f]);
    expect(encode(DataType.FLOAT8E4M3FNUZ, -0)).toEqual([0x00]);
    expect(encode(DataType.FLOAT4E2M1, 2.5)).toEqual([4]);
    expect(encode(DataType.FLOAT4E2M1, -100)).toEqual([15]);
  });

  it('gives a copy that may be written to', () => {
    const bytes = Buffer.from([1, 0, 0, 0]);
    const { data } = decodeElements(DataType.INT32, [1], bytes);
    (data as Int32Array)[0] = 5;
    expect([...bytes]).toEqual([1, 0, 0, 0]);
  });

  it('reads unaligned bytes', () => {
    const bytes = Uint8Array.of(9, 0, 0, 0x80, 0x3f).subarray(1);
    expect(decodeElements(DataType.FLOAT, [1], bytes).data).toEqual(Float32Array.of(1));
  });

  it('refuses what does not fit', () => {
    expect(() => decodeElements(DataType.FLOAT, [2], new Uint8Array(4))).toThrow('4 bytes for float[2], which takes 8');
    expect(() => decodeElements(DataType.FLOAT, [2 ** 40, 2 ** 40], new Uint8Array(4))).toThrow('which takes');
    expect(() => decodeElements(DataType.STRING, [1], new Uint8Array(4))).toThrow('string');
    expect(() => decodeElements(99, [1], new Uint8Array(4))).toThrow('type 99');
    expect(() => encodeElements({ dtype: DataType.FLOAT, shape: [3], data: Float32Array.of(1) })).toThrow('1 elements');
    expect(() => encodeElements({ dtype: DataType.INT64, shape: [1], data: Float32Array.of(1) })).toThrow(
      'Float32Array',
    );
  });
});
