import { expect } from 'vitest';
import type { AttributeInput } from '../../src/model/attribute-input.js';
import { Dim } from '../../src/symbolic/dim.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { facts, inferOp } from '../ops/harness.js';
import { runInOnnxruntime } from './onnxruntime.js';

/** A node of a domain of its own. */
export interface ContribCase {
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly (DenseTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly floats?: readonly string[];
  readonly outputs?: number;
  /** Sizes `[input, axis]` that become one symbol each: `{ B: [[0, 0], [1, 0]] }`. */
  readonly symbols?: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

/**
 * The shape rule gives the types and shapes that onnxruntime gives when it runs the node: with numbers, and, evaluated at
 * the same numbers, with symbols in place of some of them.
 */
export async function expectContribShapes(given: ContribCase): Promise<void> {
  const { opType, inputs, attributes = {}, floats = [], outputs = 1, symbols = {} } = given;
  const domain = given.domain ?? 'com.microsoft';
  const typed: Record<string, AttributeInput> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') typed[name] = { string: value };
    else if (typeof value === 'number') typed[name] = floats.includes(name) ? { float: value } : { int: value };
    else typed[name] = floats.includes(name) ? { floats: [...value] } : { ints: [...value] };
  }
  const expected = await runInOnnxruntime({ opType, domain, inputs, attributes: typed, outputs });
  const values = new Map<string, number>();
  const named = inputs.map((input) => input?.shape.map((size) => Dim.of(size)));
  for (const [name, sites] of Object.entries(symbols)) {
    for (const [input, axis] of sites) {
      values.set(name, inputs[input]?.shape[axis] as number);
      (named[input] as Dim[])[axis] = Dim.symbol(name);
    }
  }
  const options = { domain, attributes, outputs, opset: 1 };
  const numeric = inferOp(opType, inputs, options);
  const touched = new Set(Object.values(symbols).flatMap((sites) => sites.map(([input]) => input)));
  const symbolic = inferOp(
    opType,
    inputs.map((input, i) => (input !== undefined && touched.has(i) ? facts(input.dtype, named[i]) : input)),
    options,
  );
  expect({ conflicts: numeric.conflicts, symbolic: symbolic.conflicts }).toEqual({ conflicts: [], symbolic: [] });
  expected.forEach(({ dtype, shape }, i) => {
    for (const said of [numeric.outputs[i], symbolic.outputs[i]]) {
      const own = said?.kind === 'tensor' ? said : undefined;
      const sizes = own?.shape?.map((dim) => dim?.evaluate(values));
      expect({ output: i, dtype: own?.dtype, shape: sizes }).toEqual({ output: i, dtype, shape: [...shape] });
    }
  });
}

/** A tensor of this type and shape, filled with one value (default 0). */
export function filled(dtype: number, shape: readonly number[], value = 0): DenseTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { dtype, shape, data: make(dtype, count, value) };
}

function make(dtype: number, count: number, value: number): DenseTensor['data'] {
  switch (dtype) {
    case 1:
      return new Float32Array(count).fill(value);
    case 2:
    case 9:
      return new Uint8Array(count).fill(value);
    case 3:
      return new Int8Array(count).fill(value);
    case 5:
      return new Int16Array(count).fill(value);
    case 6:
      return new Int32Array(count).fill(value);
    case 7:
      return new BigInt64Array(count).fill(BigInt(value));
    default:
      throw new RangeError(`no test needs type ${dtype}`);
  }
}
