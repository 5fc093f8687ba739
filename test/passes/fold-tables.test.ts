/** Tables of positions that a model builds in every run, and what becomes of them on request. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { AttributeInput } from '../../src/model/attribute.js';
import type { Graph } from '../../src/model/graph.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixPe } from '../../src/passes/fix-pe.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, output, runPass } from './harness.js';

const WIDTH = 8;
const RATES = Float32Array.from({ length: WIDTH / 2 }, (_, k) => 10_000 ** ((-2 * k) / WIDTH));

/** Builds nodes in a graph; constants go to the main one. */
function tools(main: Graph, graph: Graph = main) {
  const add = (opType: string, inputs: Value[], attributes: Record<string, AttributeInput> = {}) =>
    graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  const tensor = (dtype: number, shape: number[], data: Float32Array | BigInt64Array) =>
    main.addInitializer(main.freshName('c'), { dtype, shape, data });
  const int = (value: number) => tensor(DataType.INT64, [], BigInt64Array.of(BigInt(value)));
  const ints = (...values: number[]) => tensor(DataType.INT64, [values.length], BigInt64Array.from(values, BigInt));
  const floats = (shape: number[], data: Float32Array) => tensor(DataType.FLOAT, shape, data);
  return { add, int, ints, floats };
}

async function start() {
  const model = await emptyModel();
  const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time', WIDTH]);
  const t = tools(model.graph);
  return { model, x, ...t, time: t.add('Gather', [t.add('Shape', [x]), t.int(1)]) };
}

/** Sines and cosines of positions, one after the other: `[1, n, 8]`. */
function table({ add, ints, floats }: ReturnType<typeof tools>, positions: Value): Value {
  const column = add('Unsqueeze', [add('Cast', [positions], { to: { int: DataType.FLOAT } }), ints(1)]);
  const angles = add('Mul', [column, floats([1, WIDTH / 2], RATES)]);
  const pairs = ['Sin', 'Cos'].map((opType) => add('Unsqueeze', [add(opType, [angles]), ints(2)]));
  return add('Reshape', [add('Concat', pairs, { axis: { int: 2 } }), ints(1, -1, WIDTH)]);
}

function sinusoid(rows: number): Float32Array {
  return Float32Array.from({ length: rows * WIDTH }, (_, i) => {
    const angle = Math.fround(Math.floor(i / WIDTH) * (RATES[Math.floor((i % WIDTH) / 2)] as number));
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/** A scripted module: a stored table up to 12 positions, a computed one beyond. */
async function scripted(stored: Float32Array) {
  const m = await start();
  const branch = (name: string, make: (t: ReturnType<typeof tools>) => Value): AttributeInput => {
    const graph = m.model.graph.createSubgraph(name);
    const result = make(tools(m.model.graph, graph));
    graph.setValueInfo(result, { kind: 'tensor', elemType: DataType.FLOAT, shape: undefined });
    graph.addOutput(result);
    return { graph };
  };
  const kept = m.floats([1, 12, WIDTH], stored);
  const attributes = {
    then_branch: branch('yes', ({ add, ints }) =>
      add('Slice', [kept, ints(0), add('Unsqueeze', [m.time, ints(0)]), ints(1)]),
    ),
    else_branch: branch('no', (t) => table(t, t.add('Range', [t.int(0), m.time, t.int(1)]))),
  };
  output(m.model, 'Add', [m.x, m.add('If', [m.add('LessOrEqual', [m.time, m.int(12)])], attributes)]);
  return m.model;
}

async function computed(positions: (m: Awaited<ReturnType<typeof start>>) => Value, opType = 'Add') {
  const m = await start();
  const rows = table(m, positions(m));
  const weight = () =>
    m.floats(
      [WIDTH, 2],
      Float32Array.from({ length: 2 * WIDTH }, (_, i) => i - 5),
    );
  if (opType === 'Add') output(m.model, 'Add', [m.x, rows]);
  else output(m.model, opType, [rows, weight()]);
  return m.model;
}

const forwards = (m: Awaited<ReturnType<typeof start>>) => m.add('Range', [m.int(0), m.time, m.int(1)]);
const relative = (m: Awaited<ReturnType<typeof start>>) =>
  m.add('Range', [m.add('Sub', [m.time, m.int(1)]), m.add('Neg', [m.time]), m.int(-1)]);

async function run(model: Model, time: number): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(await serialize(model), { graphOptimizationLevel: 'disabled' });
  const data = Float32Array.from({ length: time * WIDTH }, (_, i) => (i % 17) / 4);
  try {
    const results = await session.run({ x: new ort.Tensor('float32', data, [1, time, WIDTH]) });
    return Object.values(results)[0]?.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** Folds; what was right before is right after, at every length that the table serves. */
async function expectFolded(make: () => Promise<Model>, rows: number): Promise<Model> {
  const [before, after] = [await make(), await make()];
  const report = await runPass(fixPe({ foldTables: true, maxLength: 40 }), after);
  expect(report).toMatchObject({ changed: true, unresolved: [], reassociates: true });
  expect(report.edits.map(({ what }) => what)).toEqual([`table of ${rows} positions`]);
  for (const time of [1, 5, 12, 13, 40]) {
    const [expected, result] = [await run(before, time), await run(after, time)];
    expect(result.length).toBe(expected.length);
    expect(Math.max(...result.map((value, i) => Math.abs(value - (expected[i] as number))))).toBeLessThan(1e-4);
  }
  return after;
}

describe('tables that are built in every run', () => {
  it('are left alone unless asked', async () => {
    const model = await computed(forwards);
    expect(await runPass(fixPe({ maxLength: 40 }), model)).toMatchObject({ changed: false, findings: [], edits: [] });
  });

  it('become fixed ones, cut to the live length', async () => {
    const model = await expectFolded(() => computed(forwards), 40);
    expect(operators(model)).toEqual({ Shape: 1, Slice: 1, Add: 1 });
    await expect(run(model, 41)).rejects.toThrow(/broadcast/);
  });

  it('become fixed ones around the middle, which does not wrap around at longer lengths', async () => {
    const model = await expectFolded(() => computed(relative, 'MatMul'), 79);
    expect(await run(model, 41)).toHaveLength(79 * 2);
  });

  it('become fixed ones in place of a branch', async () => {
    const model = await expectFolded(() => scripted(sinusoid(12)), 40);
    expect(operators(model)).toEqual({ Shape: 1, Slice: 1, Add: 1 });
  });

  it('keep branches that do not agree', async () => {
    const model = await scripted(sinusoid(12).map((element, i) => (i === 50 ? element + 0.01 : element)));
    const report = await runPass(fixPe({ foldTables: true, maxLength: 40 }), model);
    expect(report).toMatchObject({ changed: false, edits: [] });
  });

  it('keep what follows no rule, or data', async () => {
    const squares = await computed((m) => m.add('Mul', [forwards(m), forwards(m)]));
    expect(await runPass(fixPe({ foldTables: true }), squares)).toMatchObject({ changed: false });
    const data = await computed((m) => m.add('ReduceMax', [m.x], { axes: { ints: [0, 2] }, keepdims: { int: 0 } }));
    expect(await runPass(fixPe({ foldTables: true }), data)).toMatchObject({ changed: false });
  });
});
