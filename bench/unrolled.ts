import { load } from '../src/model/load.js';
import { serialize } from '../src/model/save.js';
import type { Value } from '../src/model/value.js';
import { DataType } from '../src/tensor/dtype.js';

/** Width of the state. */
const WIDTH = 16;

/** ModelProto { ir_version: 8, opset_import { version: 17 }, graph { name: "g" } } */
const EMPTY = Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 17, 0x3a, 3, 0x12, 1, 0x67);

/**
 * A gated recurrence, unrolled as exporters unroll loops: every step slices its input with constants of its own, multiplies
 * and adds. Small tensors, many nodes.
 *
 * @param nodeCount - about so many nodes
 * @returns the bytes of a model with inputs x [B, steps, 16] and h0 [B, 16]
 */
export async function unrolledModel(nodeCount: number): Promise<Uint8Array> {
  const model = await load(EMPTY);
  const { graph } = model;
  const perStep = 26;
  const steps = Math.max(1, Math.round(nodeCount / perStep));
  const weight = (name: string, shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i + name.length) / 10);
    return graph.addInitializer(name, { dtype: DataType.FLOAT, shape, data });
  };
  const gates = ['z', 'r', 'h'].map((gate) => ({
    w: weight(`W${gate}`, [WIDTH, WIDTH]),
    u: weight(`U${gate}`, [WIDTH, WIDTH]),
    b: weight(`b${gate}`, [WIDTH]),
  }));
  const axis = graph.addInitializer('axes', { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(1n) });
  const x = graph.addInput('x', DataType.FLOAT, ['B', steps, WIDTH]);
  let state = graph.addInput('h0', DataType.FLOAT, ['B', WIDTH]);
  for (let step = 0; step < steps; step++) {
    let made = 0;
    const node = (opType: string, ...inputs: Value[]) => {
      const name = `/cell/t${step}/${opType}_${made++}`;
      return graph.addNode({ opType, name, inputs, outputs: [`${name}_output_0`] }).outputs[0] as Value;
    };
    const constant = (value: number) => {
      const name = `/cell/t${step}/Constant_${made++}`;
      const tensor = { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(BigInt(value)) };
      const node = graph.addNode({
        opType: 'Constant',
        name,
        inputs: [],
        outputs: [`${name}_output_0`],
        attributes: { value: { tensor } },
      });
      return node.outputs[0] as Value;
    };
    const slice = node('Slice', x, constant(step), constant(step + 1), axis);
    const now = node('Squeeze', slice, axis);
    const gate = (index: number, activation: string, previous: Value) => {
      const { w, u, b } = gates[index] as (typeof gates)[number];
      return node(activation, node('Add', node('Add', node('MatMul', now, w), node('MatMul', previous, u)), b));
    };
    const update = gate(0, 'Sigmoid', state);
    const reset = gate(1, 'Sigmoid', state);
    const candidate = gate(2, 'Tanh', node('Mul', reset, state));
    const kept = node('Mul', node('Identity', update), state);
    const fresh = node('Mul', node('Neg', node('Identity', update)), candidate);
    state = node('Add', kept, node('Relu', fresh));
  }
  graph.addOutput(state);
  return serialize(model);
}
