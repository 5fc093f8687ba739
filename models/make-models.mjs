// Writes the demo models of this folder, with the built library.
import { join } from 'node:path';
import { load, save } from '../dist/index.js';

const FLOAT = 1;
const TRACED = 16;
const WIDTH = 8;

/** ModelProto { ir_version 8, opset_import { 17 }, graph { name } }. */
const empty = (name) => {
  const text = new TextEncoder().encode(name);
  return Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 17, 0x3a, text.length + 2, 0x12, text.length, ...text);
};

/** Adds one node and returns its output. */
const add = (graph, opType, inputs, attributes = {}) => graph.addNode({ opType, inputs, attributes }).outputs[0];

async function causalAttention() {
  const model = await load(empty('causal-attention'));
  const { graph } = model;
  const x = graph.addInput('x', FLOAT, ['batch', 'time', WIDTH]);
  const mask = Float32Array.from({ length: TRACED * TRACED }, (_, k) =>
    k % TRACED > Math.floor(k / TRACED) ? Number.NEGATIVE_INFINITY : 0,
  );
  const constant = graph.addInitializer('mask', { dtype: FLOAT, shape: [TRACED, TRACED], data: mask });
  const keys = add(graph, 'Transpose', [x], { perm: { ints: [0, 2, 1] } });
  const scores = add(graph, 'Add', [add(graph, 'MatMul', [x, keys]), constant]);
  const y = add(graph, 'MatMul', [add(graph, 'Softmax', [scores], { axis: { int: -1 } }), x]);
  finish(graph, y);
  return model;
}

async function sinusoidPositions() {
  const model = await load(empty('sinusoid-positions'));
  const { graph } = model;
  const x = graph.addInput('x', FLOAT, ['batch', 'time', WIDTH]);
  const table = Float32Array.from({ length: TRACED * WIDTH }, (_, k) => {
    const column = k % WIDTH;
    const angle = Math.floor(k / WIDTH) * 10000 ** (-(column - (column % 2)) / WIDTH);
    return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  const constant = graph.addInitializer('positions', { dtype: FLOAT, shape: [1, TRACED, WIDTH], data: table });
  finish(graph, add(graph, 'Add', [x, constant]));
  return model;
}

function finish(graph, y) {
  y.name = 'y';
  graph.setValueInfo(y, { kind: 'tensor', elemType: FLOAT, shape: ['batch', 'time', WIDTH] });
  graph.addOutput(y);
}

await save(await causalAttention(), join(import.meta.dirname, 'causal-attention.onnx'));
await save(await sinusoidPositions(), join(import.meta.dirname, 'sinusoid-positions.onnx'));
