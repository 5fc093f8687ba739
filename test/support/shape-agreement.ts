import fc from 'fast-check';
import { expect } from 'vitest';
import type { AttributeInput } from '../../src/model/attribute-input.js';
import type { Facts } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { elementCount } from '../../src/tensor/dense.js';
import { type Inferred, inferOp } from '../ops/harness.js';
import { runInOnnxruntime } from './onnxruntime.js';

/** A node; an input given by its sizes only is a float tensor of zeros whose sizes become symbols as well. */
export interface ShapeCase {
  readonly opType: string;
  readonly inputs: readonly (DenseTensor | readonly number[] | undefined)[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  /** Attributes that are floats; other numbers are ints. */
  readonly floats?: readonly string[];
  readonly opset?: number;
  readonly outputs?: number;
}

/**
 * The shape rule gives the type and the shape that onnxruntime does, at numbers and, evaluated, at symbols. Discards the
 * case in a property test when onnxruntime refuses it.
 *
 * @returns What the rule said of symbols.
 */
export async function expectShapes(given: ShapeCase): Promise<Inferred> {
  const options = { attributes: given.attributes ?? {}, opset: given.opset ?? 21, outputs: given.outputs ?? 1 };
  const tensors = given.inputs.map((input) => (isSizes(input) ? zeros(input) : input));
  const attributes = Object.fromEntries(
    Object.entries(options.attributes).map(([name, value]) => [name, typed(value, given.floats?.includes(name))]),
  );
  const expected = await runInOnnxruntime({ opType: given.opType, inputs: tensors, ...options, attributes }).catch(
    (error: Error) => {
      fc.pre(false);
      throw error;
    },
  );
  const numeric = inferOp(given.opType, tensors, options);
  expect(numeric.conflicts).toEqual([]);
  const symbols = new Map<string, number>();
  const symbolic = inferOp(
    given.opType,
    given.inputs.map((input, i) => (isSizes(input) ? withSymbols(input, `S${i}`, symbols) : input)),
    options,
  );
  expected.forEach(({ dtype, shape }, i) => {
    for (const said of [numeric.outputs[i], symbolic.outputs[i]]) {
      const sizes = said?.kind === 'tensor' ? said.shape?.map((dim) => dim?.evaluate(symbols)) : undefined;
      expect({ dtype: said?.kind === 'tensor' ? said.dtype : undefined, shape: sizes }).toEqual({ dtype, shape });
    }
  });
  return symbolic;
}

function isSizes(input: DenseTensor | readonly number[] | undefined): input is readonly number[] {
  return Array.isArray(input);
}

function zeros(shape: readonly number[]): DenseTensor {
  return { dtype: 1, shape, data: new Float32Array(elementCount(shape)) };
}

function withSymbols(shape: readonly number[], prefix: string, symbols: Map<string, number>): Facts {
  const dims = shape.map((size, axis) => {
    symbols.set(`${prefix}_${axis}`, size);
    return Dim.symbol(`${prefix}_${axis}`);
  });
  return { kind: 'tensor', dtype: 1, shape: dims };
}

function typed(value: number | string | readonly number[], isFloat = false): AttributeInput {
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'number') return isFloat ? { float: value } : { int: value };
  return isFloat ? { floats: [...value] } : { ints: [...value] };
}
