import { expect } from 'vitest';
import type { AttributeInput } from '../../src/model/attribute-input.js';
import { Dim } from '../../src/symbolic/dim.js';
import { scalarEvaluate } from '../../src/symbolic/scalar.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { evaluateOp, facts, factsOf, inferOp } from '../ops/harness.js';
import { contradiction, difference } from './close.js';
import { runInOnnxruntime } from './onnxruntime.js';

/** A node with concrete inputs. */
export interface Case {
  readonly opType: string;
  readonly inputs: readonly (DenseTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[] | DenseTensor>>;
  /** Attributes that are floats; other numbers are ints. */
  readonly floats?: readonly string[];
  readonly opset?: number;
  readonly outputs?: number;
  /** Inputs whose sizes become symbols; default: the first. */
  readonly symbolic?: readonly number[];
}

/**
 * Evaluation gives what onnxruntime gives, bit for bit; the shape rule says the same of constants, and still says nothing
 * else once sizes are symbols. Gives onnxruntime's outputs.
 */
export async function expectAgreement(given: Case): Promise<DenseTensor[]> {
  const options = { attributes: given.attributes ?? {}, opset: given.opset ?? 21, outputs: given.outputs ?? 1 };
  const attributes = Object.fromEntries(
    Object.entries(options.attributes).map(([name, value]) => [name, typed(value, given.floats?.includes(name))]),
  );
  const expected = await runInOnnxruntime({ ...given, ...options, attributes });
  const actual = evaluateOp(given.opType, given.inputs, options);
  const constants = inferOp(given.opType, given.inputs, options);
  const symbols = new Map<string, number>();
  const inputs = given.inputs.map((input, i) =>
    input !== undefined && (given.symbolic ?? [0]).includes(i) ? withSymbols(input, `S${i}`, symbols) : input,
  );
  const symbolic = inferOp(given.opType, inputs, options);
  expected.forEach((output, i) => {
    expect(difference(actual[i], output), `output ${i}`).toBeUndefined();
    expect(contradiction(constants.outputs[i], output), `rule for output ${i}`).toBeUndefined();
    const said = symbolic.outputs[i];
    if (said?.kind !== 'tensor') return;
    expect(said.dtype).toBe(output.dtype);
    const sizes = said.shape?.map((dim) => dim?.evaluate(symbols));
    const wrong =
      sizes?.length !== output.shape.length || sizes.some((n, axis) => n !== undefined && n !== output.shape[axis]);
    if (sizes !== undefined) expect(wrong && `[${said.shape}] at ${[...symbols]}`, `[${output.shape}]`).toBe(false);
    said.content?.forEach((element, k) => {
      const value = element === undefined ? undefined : scalarEvaluate(element, symbols);
      if (value !== undefined) expect(value).toBe(Number(output.data[k]));
    });
  });
  return expected;
}

function typed(value: number | string | readonly number[] | DenseTensor, isFloat = false): AttributeInput {
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'number') return isFloat ? { float: value } : { int: value };
  return Array.isArray(value) ? { ints: value as number[] } : { tensor: value as DenseTensor };
}

/** The tensor's facts with a symbol for every size above 1. */
function withSymbols(tensor: DenseTensor, prefix: string, symbols: Map<string, number>) {
  // A symbol stands for a size that is not empty, nor stretched by broadcasting.
  const shape = tensor.shape.map((size, axis) => {
    if (size < 2) return Dim.of(size);
    symbols.set(`${prefix}_${axis}`, size);
    return Dim.symbol(`${prefix}_${axis}`);
  });
  return shape.length === 0 ? factsOf(tensor) : facts(tensor.dtype, shape);
}
