import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { allPasses } from '../../src/passes/index.js';
import { joinReports } from '../../src/passes/pipeline.js';
import { DataType } from '../../src/tensor/dtype.js';
import { runFloats, Unroller } from '../support/unrolled.js';
import { runPass } from './harness.js';

type Write = (u: Unroller, x: Value, batch: number, time: number) => Value;

async function build(write: Write, batch: number, time: number): Promise<Model> {
  const u = await Unroller.at(17);
  u.output('y', write(u, u.input('x', ['batch', 'time', 4]), batch, time));
  return u.model;
}

function constant(u: Unroller, shape: readonly number[], at: (k: number) => number): Value {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => at(k));
  return u.op('Constant', [], { value: { tensor: { dtype: DataType.FLOAT, shape, data } } });
}

async function fix(model: Model) {
  const reports = [];
  for (const pass of allPasses({})) reports.push(await runPass(pass, model));
  return joinReports('fix', reports);
}

/** Repairs a model traced with two items of seven positions, and compares it with ones written at other sizes. */
async function follows(write: Write): Promise<void> {
  const model = await build(write, 2, 7);
  expect(await fix(model)).toMatchObject({ changed: true, unresolved: [] });
  for (const [batch, time] of [
    [2, 7],
    [1, 4],
    [3, 12],
  ] as const) {
    const inputs = { x: [batch, time, 4] };
    const expected = await runFloats(await build(write, batch, time), inputs);
    const actual = await runFloats(model, inputs);
    expect(actual.y?.dims).toEqual(expected.y?.dims);
    const difference = (n: number, i: number) => Math.abs(n - (actual.y?.data[i] as number));
    expect(Math.max(...(expected.y?.data ?? []).map(difference))).toBeLessThan(1e-5);
  }
}

/** Scores to which a mask [B, 1, T, T] is added that is cut to as many keys as there are: HF's eager attention. */
const cut =
  (element: (i: number, j: number) => number): Write =>
  (u, x, batch, time) => {
    const turned = u.op('Transpose', [x], { perm: { ints: [0, 2, 1] } });
    const scores = u.axes('Unsqueeze', u.op('MatMul', [x, turned]), 1);
    const square = (k: number) => element(Math.floor((k % time ** 2) / time), k % time);
    const mask = constant(u, [batch, 1, time, time], square);
    const keys = u.op('Gather', [u.op('Shape', [x]), u.numbers([1])], { axis: { int: 0 } });
    const end = u.op('Slice', [mask, u.numbers([0]), keys, u.numbers([3])]);
    return u.op('Softmax', [u.op('Add', [scores, end])], { axis: { int: -1 } });
  };

describe('masks that several items share', () => {
  it('follow both axes of positions, one of which is only cut', async () => {
    await follows(cut((i, j) => (j > i ? -1e9 : 0)));
  });

  it('do so where they mask nothing', async () => {
    await follows(cut(() => 0));
  });

  it('are left alone where a table is longer than what is cut from it', async () => {
    const model = await build(
      (u, x) => {
        const size = (axis: number) => u.op('Gather', [u.op('Shape', [x]), u.numbers([axis])], { axis: { int: 0 } });
        const zeros = constant(u, [9, 9], () => 0);
        const rows = u.op('Slice', [zeros, u.numbers([0]), size(1), u.numbers([0])]);
        const mask = u.op('Slice', [rows, u.numbers([0]), size(1), u.numbers([1])]);
        return u.op('Add', [u.op('MatMul', [x, u.op('Transpose', [x], { perm: { ints: [0, 2, 1] } })]), mask]);
      },
      2,
      7,
    );
    expect(await fix(model)).toMatchObject({ changed: false });
  });
});

/** What is read up to the length of each item: positions that a comparison with frozen lengths keeps. */
const compared =
  (lengths: (time: number) => number): Write =>
  (u, x, batch, time) => {
    const size = u.op('Gather', [u.op('Shape', [x]), u.numbers([1], [])], { axis: { int: 0 } });
    const positions = u.op('Range', [u.numbers([0], []), size, u.numbers([1], [])]);
    const frozen = u.numbers(new Array(batch).fill(lengths(time)), [batch, 1]);
    const valid = u.op('Cast', [u.op('Less', [positions, frozen])], { to: { int: DataType.FLOAT } });
    return u.op('Mul', [x, u.axes('Unsqueeze', valid, 2)]);
  };

/** An LSTM that is told how many steps of each item count. */
const counted: Write = (u, x, batch, time) => {
  const sequence = u.op('Transpose', [x], { perm: { ints: [1, 0, 2] } });
  const lengths = u.op('Cast', [u.numbers(new Array(batch).fill(time))], { to: { int: DataType.INT32 } });
  const inputs = [sequence, u.weight('w', [1, 12, 4]), u.weight('r', [1, 12, 3]), u.weight('b', [1, 24]), lengths];
  return u.op('LSTM', inputs, { hidden_size: { int: 3 } });
};

describe('lengths that were frozen for each item', () => {
  it('are the size of the axis that they are compared along', async () => {
    await follows(compared((time) => time));
  });

  it('are the number of steps', async () => {
    await follows(counted);
  });

  it('stay where another constant shows that the sequence was longer', async () => {
    const model = await build(
      (u, x, batch, time) => {
        const read = compared(() => 5)(u, x, batch, time);
        return u.op('Add', [read, constant(u, [1, time, 1], (k) => k)]);
      },
      2,
      7,
    );
    await fix(model);
    const { y } = await runFloats(model, { x: [3, 9, 4] });
    // Positions from the fifth on are masked: only what was added is left.
    expect(y?.data.slice(5 * 4, 9 * 4)).toEqual([5, 6, 7, 8].flatMap((n) => [n, n, n, n]));
  });
});
