/** Constants of known formulas, traced at one size: what takes their place must give the formula at every other size. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { serialize } from '../../src/model/save.js';
import { fixMasks } from '../../src/passes/fix-masks.js';
import { type FixPeOptions, fixPe } from '../../src/passes/fix-pe.js';
import { pipeline } from '../../src/passes/pipeline.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, runPass } from './harness.js';

type Bias = (i: number, j: number, rows: number, columns: number, head: number) => number;
interface Sizes {
  readonly rows: number;
  readonly columns: number;
}

const HEADS = 3;

/** Adds a constant to scores `[1, 3, rows, columns]`; repairs; and runs the result on zeros at other sizes. */
async function repaired(bias: Bias, traced: Sizes, heads: number, options: FixPeOptions & { opset?: number } = {}) {
  const model = await emptyModel({ opset: options.opset ?? 17 });
  const dims = ['batch', HEADS, 'rows', traced.rows === traced.columns ? 'rows' : 'columns'];
  const scores = model.graph.addInput('scores', DataType.FLOAT, dims);
  const { rows, columns } = traced;
  const shape = heads === 1 ? [rows, columns] : [heads, rows, columns];
  const tensor = { dtype: DataType.FLOAT, shape, data: values(bias, traced, heads) };
  const node = model.graph.addNode({ opType: 'Add', inputs: [scores, model.graph.addInitializer('bias', tensor)] });
  model.graph.addOutput(node.outputs[0] as never);
  const report = await runPass(pipeline([fixMasks(options), fixPe(options)]), model);
  expect(report.unresolved.map(({ message }) => message)).toEqual([]);
  expect(report.changed).toBe(true);
  const session = await ort.InferenceSession.create(await serialize(model), { graphOptimizationLevel: 'disabled' });
  return {
    what: report.edits.map(({ what }) => what).join('; '),
    operators: operators(model),
    async run(sizes: Sizes): Promise<Float32Array> {
      const count = HEADS * sizes.rows * sizes.columns;
      const feed = new ort.Tensor('float32', new Float32Array(count), [1, HEADS, sizes.rows, sizes.columns]);
      const results = await session.run({ scores: feed });
      return results[session.outputNames[0] as string]?.data as Float32Array;
    },
  };
}

function values(bias: Bias, { rows, columns }: Sizes, heads: number): Float32Array {
  const data = new Float32Array(heads * rows * columns);
  let k = 0;
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[k++] = bias(i, j, rows, columns, head);
  }
  return data;
}

const { abs, floor, fround, exp, log, sqrt } = Math;
const INF = Number.POSITIVE_INFINITY;
const mask =
  (open: (i: number, j: number) => boolean): Bias =>
  (i, j) =>
    open(i, j) ? 0 : -INF;
const slope = (head: number) => 2 ** -(head + 1);

const SQUARE: [string, Bias, number?][] = [
  ['prefix of 3, then causal', mask((i, j) => j <= i || j < 3)],
  ['band with a global token', mask((i, j) => abs(i - j) <= 2 || i < 1 || j < 1)],
  ['causal and global columns', mask((i, j) => (j <= i && i - j < 4) || j < 2)],
  ['strided', mask((i, j) => j <= i && (i - j) % 4 === 0)],
  ['dilated band', mask((i, j) => abs(i - j) <= 6 && (i - j) % 2 === 0)],
  ['causal in every third column', mask((i, j) => j <= i && j % 3 === 2)],
  ['chunks of 4 with 6 frames before', mask((i, j) => j >= floor(i / 4) * 4 - 6 && j < floor(i / 4) * 4 + 4)],
  ['chunks of 4 with 2 frames after', mask((i, j) => j < floor(i / 4) * 4 + 6)],
  ['band in chunks of 6', mask((i, j) => abs(i - j) <= 3 && floor(i / 6) === floor(j / 6))],
  ['causal in chunks of 5', mask((i, j) => j <= i && floor(i / 5) === floor(j / 5))],
  ['antidiagonal', (i, j, rows) => Number(i + j === rows - 1)],
  ['all but neighbours', mask((i, j) => abs(i - j) > 1 || i === j)],
  ['-inf after, -1e4 far before', (i, j) => (j > i ? -INF : i - j > 5 ? -1e4 : 0)],
  ['lower triangle over the size', (i, j, rows) => (j <= i ? fround(1 / rows) : 0)],
  ['lower triangle over the row', (i, j) => (j <= i ? fround(1 / (i + 1)) : 0)],
  ['average of the last 4', (i, j) => (j <= i && i - j < 4 ? fround(1 / Math.min(i + 1, 4)) : 0)],
  ['squared distance', (i, j) => -((i - j) ** 2) / 50],
  ['root of the distance', (i, j) => -0.3 * sqrt(abs(i - j))],
  ['reciprocal', (i, j) => 1 / (1 + abs(i - j))],
  ['fraction of the size', (i, j, rows) => fround(i / rows) + j],
  ['sum of positions', (i, j) => i + 2 * j],
  ['product of positions', (i, j) => (i + 1) * (j + 2)],
  ['ALiBi with the causal mask', (i, j, _, __, head) => (j > i ? -INF : slope(head) * (j - i)), HEADS],
  ['Gaussian', (i, j) => exp(-((i - j) ** 2) / 32)],
  ['Gaussian of each head', (i, j, _, __, head) => exp(-((i - j) ** 2) / (8 * (head + 1))), HEADS],
  ['exponential decay', (i, j, _, __, head) => (j > i ? 0 : exp(-slope(head) * (i - j))), HEADS],
  ['KERPLE, logarithmic', (i, j, _, __, head) => -slope(head) * log(1 + 2 * abs(i - j)), HEADS],
  ['KERPLE, power', (i, j, _, __, head) => -slope(head) * abs(i - j) ** (0.5 + 0.25 * head), HEADS],
];

const TRIANGLES: [string, Bias][] = [
  ['-inf above the diagonal', mask((i, j) => j <= i)],
  ['-1e4 above a later diagonal', (i, j) => (j > i + 2 ? -1e4 : 0)],
  ['-inf below an earlier diagonal', mask((i, j) => j >= i - 3)],
  ['ones up to the diagonal', (i, j) => Number(j <= i)],
  ['halves from the diagonal on', (i, j) => (j >= i ? 0.5 : 0)],
  ['ones after the diagonal', (i, j) => Number(j > i)],
];

const CROSS: [string, Bias][] = [
  ['causal to a past', mask((i, j) => j <= i + 5)],
  ['strictly after, to a past', (i, j) => Number(j > i + 5)],
  ['distance from the diagonal', (i, j, rows, columns) => -0.1 * abs((i * columns) / rows - j)],
];

describe('constants by two positions', () => {
  it.each(SQUARE)('%s', async (_, bias, heads = 1) => {
    const { run } = await repaired(bias, { rows: 24, columns: 24 }, heads, { maxLength: 60 });
    for (const n of [24, 1, 7, 40]) await agrees(run, bias, { rows: n, columns: n }, heads);
  });

  it('computes biases at run time without a longest size', async () => {
    const [, bias] = SQUARE.find(([name]) => name === 'Gaussian') as [string, Bias];
    const { run } = await repaired(bias, { rows: 24, columns: 24 }, 1, { maxLength: 30, computed: true });
    await agrees(run, bias, { rows: 60, columns: 60 }, 1);
  });

  it.each(CROSS)('%s', async (_, bias) => {
    const { run } = await repaired(bias, { rows: 12, columns: 17 }, 1);
    // The past stays 5 long: where columns and rows grow alike, both readings of it agree.
    for (const n of [12, 3, 30]) await agrees(run, bias, { rows: n, columns: n + 5 }, 1);
  });

  it('counts a past from the last row and column', async () => {
    const { run } = await repaired(
      mask((i, j) => j <= i + 5),
      { rows: 12, columns: 17 },
      1,
    );
    await agrees(
      run,
      mask((i, j) => j <= i + 20),
      { rows: 4, columns: 24 },
      1,
    );
  });

  it.each(TRIANGLES)('%s, before and since Trilu', async (_, bias) => {
    for (const opset of [13, 14, 17]) {
      const { run, operators: used } = await repaired(bias, { rows: 24, columns: 24 }, 1, { opset });
      expect(used.Trilu ?? 0).toBe(opset < 14 ? 0 : 1);
      for (const n of [24, 1, 2, 5, 40]) await agrees(run, bias, { rows: n, columns: n }, 1);
    }
  });

  it('does not take zeros for negative ones', async () => {
    const { operators: used } = await repaired((i, j) => (j > i ? -1e4 : -0), { rows: 24, columns: 24 }, 1);
    expect(used).not.toHaveProperty('Trilu');
  });

  it.each([9, 11, 13, 20])('works in opset %d', async (opset) => {
    for (const name of ['strided', 'Gaussian', 'lower triangle over the row', 'chunks of 4 with 6 frames before']) {
      const [, bias] = SQUARE.find(([other]) => other === name) as [string, Bias];
      const { run } = await repaired(bias, { rows: 24, columns: 24 }, 1, { opset });
      await agrees(run, bias, { rows: 31, columns: 31 }, 1);
    }
  });
});

async function agrees(run: (sizes: Sizes) => Promise<Float32Array>, bias: Bias, sizes: Sizes, heads: number) {
  const got = await run(sizes);
  const want = values(bias, sizes, heads);
  expect(got.length).toBe((want.length * HEADS) / heads);
  for (let k = 0; k < got.length; k++) {
    const [a, b] = [got[k] as number, want[k % want.length] as number];
    if (!(a === b || abs(a - b) <= 4e-6 * abs(b) + 1e-30)) {
      throw new Error(`element ${k} of ${sizes.rows} x ${sizes.columns} is ${a} instead of ${b}`);
    }
  }
}
