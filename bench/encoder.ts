import { load } from '../src/model/load.js';
import { serialize } from '../src/model/save.js';
import type { Value } from '../src/model/value.js';
import { DataType } from '../src/tensor/dtype.js';

/** ModelProto { ir_version: 8, opset_import { version: 17 }, graph { name: "g" } } */
const EMPTY = Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 17, 0x3a, 3, 0x12, 1, 0x67);

const HEADS = 2;
const HEAD = 8;
const WIDTH = HEADS * HEAD;

/** How many positions the encoder was traced with. */
export const TRACED = 50;

/**
 * An encoder as tracing leaves it, about 250 nodes a layer: attention with relative positions, a convolution, two feed-forward
 * blocks, normalisations taken apart. Every layer has its own constants for the mask, the table of 2T-1 positions and the
 * sizes of its Reshapes; the batch stays live through Shape, Gather, Unsqueeze and Concat.
 *
 * @returns the bytes of a model with input x [batch, time, 16]
 */
export async function encoderModel(layers: number): Promise<Uint8Array> {
  const model = await load(EMPTY);
  const { graph } = model;
  const node = (opType: string, inputs: Value[], attributes = {}) =>
    graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  const constant = (dtype: number, shape: readonly number[], data: Float32Array | BigInt64Array | Uint8Array) =>
    node('Constant', [], { value: { tensor: { dtype, shape, data } } });
  const ints = (...values: number[]) => constant(DataType.INT64, [values.length], BigInt64Array.from(values, BigInt));
  const int = (value: number) => constant(DataType.INT64, [], BigInt64Array.of(BigInt(value)));
  const float = (value: number) => constant(DataType.FLOAT, [], Float32Array.of(value));
  const weight = (...shape: number[]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i + shape.length) / 8);
    return graph.addInitializer(graph.freshName('weight'), { dtype: DataType.FLOAT, shape, data });
  };
  const sizeOf = (x: Value, axis: number) =>
    node('Unsqueeze', [node('Gather', [node('Shape', [x]), int(axis)], { axis: { int: 0 } }), ints(0)]);
  const shape = (x: Value, ...rest: number[]) =>
    node('Concat', [sizeOf(x, 0), ...rest.map((size) => ints(size))], { axis: { int: 0 } });
  const linear = (x: Value, from = WIDTH, to = WIDTH) =>
    node('Add', [node('MatMul', [x, weight(from, to)]), weight(to)]);
  const mean = (x: Value) => node('ReduceMean', [x], { axes: { ints: [-1] }, keepdims: { int: 1 } });
  const norm = (x: Value) => {
    const centred = node('Sub', [x, mean(x)]);
    const variance = mean(node('Pow', [centred, float(2)]));
    const scaled = node('Div', [centred, node('Sqrt', [node('Add', [variance, float(1e-5)])])]);
    return node('Add', [node('Mul', [scaled, weight(WIDTH)]), weight(WIDTH)]);
  };
  const swish = (x: Value) => node('Mul', [x, node('Sigmoid', [x])]);
  const half = (x: Value, y: Value) => node('Add', [x, node('Mul', [y, float(0.5)])]);
  const feedForward = (x: Value) => half(x, linear(swish(linear(norm(x), WIDTH, 4 * WIDTH)), 4 * WIDTH, WIDTH));
  const transpose = (x: Value, ...perm: number[]) => node('Transpose', [x], { perm: { ints: perm } });

  const attention = (x: Value) => {
    const [q, k, v] = [0, 1, 2].map(() => node('Reshape', [linear(x), shape(x, TRACED, HEADS, HEAD)])) as [
      Value,
      Value,
      Value,
    ];
    const rows = constant(DataType.FLOAT, [1, 2 * TRACED - 1, WIDTH], relativePositions());
    const p = transpose(
      node('Reshape', [node('MatMul', [rows, weight(WIDTH, WIDTH)]), ints(1, -1, HEADS, HEAD)]),
      0,
      2,
      3,
      1,
    );
    const content = node('MatMul', [
      transpose(node('Add', [q, weight(HEADS, HEAD)]), 0, 2, 1, 3),
      transpose(k, 0, 2, 3, 1),
    ]);
    const position = node('MatMul', [transpose(node('Add', [q, weight(HEADS, HEAD)]), 0, 2, 1, 3), p]);
    const zeros = constant(DataType.FLOAT, [1], new Float32Array(1));
    const padded = node('Pad', [position, ints(0, 0, 0, 1, 0, 0, 0, 0), zeros]);
    const turned = node('Reshape', [padded, shape(x, HEADS, 2 * TRACED, TRACED)]);
    const cut = node('Slice', [turned, ints(1), ints(2 ** 31), ints(2)]);
    const shifted = node('Reshape', [cut, shape(x, HEADS, TRACED, 2 * TRACED - 1)]);
    const biased = node('Slice', [shifted, ints(0), ints(TRACED), ints(3)]);
    const scores = node('Div', [node('Add', [content, biased]), float(HEAD ** 0.5)]);
    const mask = () => constant(DataType.BOOL, [1, 1, 1, TRACED], new Uint8Array(TRACED));
    const masked = node('Softmax', [node('Where', [mask(), float(-3e38), scores])], { axis: { int: -1 } });
    const kept = node('Where', [mask(), float(0), masked]);
    const mixed = transpose(node('MatMul', [kept, v2(v)]), 0, 2, 1, 3);
    return linear(node('Reshape', [mixed, shape(x, -1, WIDTH)]));
  };
  const v2 = (v: Value) => transpose(v, 0, 2, 1, 3);
  const convolution = (x: Value) => {
    const columns = transpose(x, 0, 2, 1);
    const wide = node('Conv', [columns, weight(2 * WIDTH, WIDTH, 1)], { kernel_shape: { ints: [1] } });
    const [a, b] = [0, 1].map((i) => node('Slice', [wide, ints(i * WIDTH), ints((i + 1) * WIDTH), ints(1)])) as [
      Value,
      Value,
    ];
    const gated = node('Mul', [a, node('Sigmoid', [b])]);
    const attributes = { kernel_shape: { ints: [7] }, pads: { ints: [3, 3] }, group: { int: WIDTH } };
    const mixed = swish(node('Conv', [gated, weight(WIDTH, 1, 7)], attributes));
    return transpose(node('Conv', [mixed, weight(WIDTH, WIDTH, 1)], { kernel_shape: { ints: [1] } }), 0, 2, 1);
  };

  let x = graph.addInput('x', DataType.FLOAT, ['batch', 'time', WIDTH]);
  for (let layer = 0; layer < layers; layer++) {
    x = feedForward(x);
    x = node('Add', [x, attention(norm(x))]);
    x = node('Add', [x, convolution(norm(x))]);
    x = norm(feedForward(x));
  }
  graph.setValueInfo(x, { kind: 'tensor', elemType: DataType.FLOAT, shape: ['batch', 'time', WIDTH] });
  graph.addOutput(x);
  return serialize(model);
}

/** Rows of T-1 down to 1-T: sines in even columns, cosines in odd ones. */
function relativePositions(): Float32Array {
  return Float32Array.from({ length: (2 * TRACED - 1) * WIDTH }, (_, i) => {
    const position = TRACED - 1 - Math.floor(i / WIDTH);
    const column = i % WIDTH;
    const angle = position * Math.fround(Math.exp((-Math.log(1e4) / WIDTH) * (column - (column % 2))));
    return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}
