import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import type { Pass, PassReport } from '../../src/passes/pass.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';

/** Attention scores of two layers, `scores [batch, 4, time, time]`, each to be masked by what the test adds. */
export interface Attention {
  readonly model: Model;
  readonly scores: readonly Value[];
}

/** A model with `layers` score inputs of the same symbolic length. */
export async function attention({ opset = 17, irVersion = 8, layers = 2 } = {}): Promise<Attention> {
  const model = await emptyModel({ opset, irVersion });
  const scores = Array.from({ length: layers }, (_, i) =>
    model.graph.addInput(`scores${i}`, DataType.FLOAT, ['batch', 4, 'time', 'time']),
  );
  return { model, scores };
}

/** Adds a node and makes its output an output of the model. */
export function output(model: Model, opType: string, inputs: readonly Value[], dtype: number = DataType.FLOAT): Value {
  const node = model.graph.addNode({ opType, inputs: [...inputs] });
  const value = node.outputs[0] as Value;
  model.graph.setValueInfo(value, { kind: 'tensor', elemType: dtype, shape: undefined });
  model.graph.addOutput(value);
  return value;
}

/** A square float tensor `[size, size]` (or of the given shape) from a formula of row and column. */
export function matrix(size: number, at: (i: number, j: number) => number, shape = [size, size]): DenseTensor {
  const data = Float32Array.from({ length: size * size }, (_, k) => at(Math.floor(k / size), k % size));
  return { dtype: DataType.FLOAT, shape, data };
}

export function bools(shape: readonly number[], at: (k: number) => boolean): DenseTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: DataType.BOOL, shape, data: Uint8Array.from({ length: count }, (_, k) => Number(at(k))) };
}

export function runPass(pass: Pass, model: Model): Promise<PassReport> {
  return pass.run(model, { log: () => {} });
}

/** Operators of the main graph, with their counts. */
export function operators(model: Model): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of model.graph.nodes) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}
