import { expect } from 'vitest';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { evaluateOp } from '../ops/harness.js';
import { difference } from './close.js';
import { runInOnnxruntime } from './onnxruntime.js';

/** A node with concrete inputs, and how near its results must be. */
export interface NumericCase {
  readonly opType: string;
  readonly inputs: readonly (DenseTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  /** Attributes that are floats; other numbers are ints. */
  readonly floats?: readonly string[];
  readonly opset?: number;
  readonly outputs?: number;
  /** Units in the last place that results may be off; default 0: the same bits. */
  readonly ulps?: number;
  /** Results that cancel out may be off by this much. */
  readonly atol?: number;
}

const MANTISSA_BITS = new Map<number, number>([
  [DataType.DOUBLE, 52],
  [DataType.FLOAT, 23],
  [DataType.FLOAT16, 10],
]);

/** Evaluation gives the numbers that onnxruntime gives. */
export async function expectSameNumbers(given: NumericCase): Promise<void> {
  const options = { attributes: given.attributes ?? {}, opset: given.opset ?? 21, outputs: given.outputs ?? 1 };
  const typed = Object.entries(options.attributes).map(([name, value]) => {
    if (typeof value === 'string') return [name, { string: value }] as const;
    if (typeof value !== 'number') return [name, { ints: [...value] }] as const;
    return [name, given.floats?.includes(name) ? { float: value } : { int: value }] as const;
  });
  const expected = await runInOnnxruntime({ ...given, ...options, attributes: Object.fromEntries(typed) });
  const actual = evaluateOp(given.opType, given.inputs, options);
  expected.forEach((output, i) => {
    const bits = MANTISSA_BITS.get(output.dtype);
    const rtol = bits === undefined ? 0 : (given.ulps ?? 0) * 2 ** -bits;
    expect(difference(actual[i], output, rtol, given.atol), `output ${i}`).toBeUndefined();
  });
}
