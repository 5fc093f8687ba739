import { join } from 'node:path';
import type { Graph, NodeInit } from '../../src/model/graph.js';
import { save } from '../../src/model/save.js';
import type { DeclaredDim } from '../../src/model/type-info.js';
import type { Value } from '../../src/model/value.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';

/** A one-dimensional tensor of floats. */
export function floats(...data: number[]): DenseTensor {
  return { dtype: DataType.FLOAT, shape: [data.length], data: Float32Array.from(data) };
}

/** A one-dimensional tensor of 32-bit integers. */
export function ints(...data: number[]): DenseTensor {
  return { dtype: DataType.INT32, shape: [data.length], data: Int32Array.from(data) };
}

/** An input to declare. */
export type InputSpec = readonly [name: string, dtype: number, dims: readonly DeclaredDim[]];

/** Writes a model with the given inputs, whose outputs are those of the node that `build` makes last. */
export async function writeModel(
  folder: string,
  name: string,
  inputs: readonly InputSpec[],
  build: (graph: Graph, inputs: readonly Value[]) => void,
): Promise<string> {
  const model = await emptyModel();
  const { graph } = model;
  build(
    graph,
    inputs.map(([input, dtype, dims]) => graph.addInput(input, dtype, [...dims])),
  );
  for (const output of graph.nodes.at(-1)?.outputs ?? []) if (output !== undefined) graph.addOutput(output);
  const path = join(folder, name);
  await save(model, path);
  return path;
}

/** {@link writeModel} of one node on all inputs. */
export function writeNode(
  folder: string,
  name: string,
  inputs: readonly InputSpec[],
  node: Omit<NodeInit, 'inputs'>,
): Promise<string> {
  return writeModel(folder, name, inputs, (graph, values) => {
    graph.addNode({ outputs: ['y'], ...node, inputs: values });
  });
}

/** Writes `y = x + bias`, where the bias is a constant as long as it is given: a size that is frozen unless it is 1. */
export function writeBiasModel(
  folder: string,
  name: string,
  bias: readonly number[],
  dims: readonly DeclaredDim[] = ['B', 'T'],
): Promise<string> {
  return writeModel(folder, name, [['x', DataType.FLOAT, dims]], (graph, [x]) => {
    const constant = graph.addInitializer('bias', floats(...bias));
    graph.addNode({ opType: 'Add', inputs: [x, constant], outputs: ['y'] });
  });
}
