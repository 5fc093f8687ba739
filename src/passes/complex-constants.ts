import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import { Emitter } from '../rewrite/emitter.js';
import type { DenseTensor } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import type { LoweringRun } from './lowering-run.js';

/** Complex constants become real ones with a last axis of real and imaginary part. */
export function convertComplexConstants(model: Model, run: LoweringRun): void {
  for (const graph of model.graphs()) {
    for (const value of graph.initializers) {
      const tensor = value.initializer;
      if (tensor === undefined || value.isGraphInput || !isComplex(tensor.dataType)) continue;
      convert(run, value, tensor.dense());
    }
    for (const node of graph.nodes) {
      const tensor = node.opType === 'Constant' ? node.attributes.get('value')?.asTensor() : undefined;
      if (tensor === undefined || !isComplex(tensor.dataType) || node.outputs[0] === undefined) continue;
      convert(run, node.outputs[0], tensor.dense());
    }
  }
}

function isComplex(dtype: number): boolean {
  return dtype === DataType.COMPLEX64 || dtype === DataType.COMPLEX128;
}

function convert(run: LoweringRun, old: Value, { dtype, shape, data }: DenseTensor): void {
  const [reader] = old.uses;
  if (reader === undefined) return;
  const pairs = { dtype: dtype === DataType.COMPLEX64 ? DataType.FLOAT : DataType.DOUBLE, shape: [...shape, 2], data };
  // In the graph of the constant, so that all its readers see it.
  let anchor = reader.node;
  while (anchor.graph !== old.graph && anchor.graph.parent !== undefined) anchor = anchor.graph.parent;
  const by = new Emitter().constant(pairs, old.name, anchor);
  run.complex.add(by);
  run.replace(old, by);
}
