import { load } from '../src/model/load.js';
import { serialize } from '../src/model/save.js';
import type { Value } from '../src/model/value.js';
import { DataType } from '../src/tensor/dtype.js';

/** ModelProto { ir_version: 8, opset_import { version: 17 }, graph { name: "g" } } */
const EMPTY = Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 17, 0x3a, 3, 0x12, 1, 0x67);

/**
 * A loop over the items of a batch, unrolled: every item goes through layers of its own copies of nodes and constants.
 *
 * @returns the bytes of a model with input x [batch, time, 4], of about `copies * (4 * layers + 4)` nodes
 */
export async function copiesModel(copies: number, layers: number): Promise<Uint8Array> {
  const model = await load(EMPTY);
  const { graph } = model;
  const x = graph.addInput('x', DataType.FLOAT, ['batch', 'time', 4]);
  const node = (opType: string, inputs: Value[], attributes = {}) =>
    graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  const index = (value: number, shape: number[]) =>
    node('Constant', [], {
      value: { tensor: { dtype: DataType.INT64, shape, data: BigInt64Array.of(BigInt(value)) } },
    });
  const floats = (...values: number[]) => {
    const tensor = { dtype: DataType.FLOAT, shape: [values.length], data: Float32Array.from(values) };
    return node('Constant', [], { value: { tensor } });
  };
  const weights = { dtype: DataType.FLOAT, shape: [4, 4], data: new Float32Array(16).map((_, i) => Math.sin(i)) };
  const weight = graph.addInitializer('weight', weights);
  const items = Array.from({ length: copies }, (_, i) => {
    let item = node('Gather', [x, index(i, [])], { axis: { int: 0 } });
    for (let layer = 0; layer < layers; layer++) {
      item = node('Tanh', [node('Add', [node('MatMul', [item, weight]), floats(1, 2, 3, layer)])]);
    }
    return node('Unsqueeze', [item, index(0, [1])]);
  });
  const y = node('Concat', items, { axis: { int: 0 } });
  graph.setValueInfo(y, { kind: 'tensor', elemType: DataType.FLOAT, shape: ['batch', 'time', 4] });
  graph.addOutput(y);
  return serialize(model);
}
