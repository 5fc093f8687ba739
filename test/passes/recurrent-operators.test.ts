import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixBatch } from '../../src/passes/fix-batch.js';
import { runFloats, Unroller } from '../support/unrolled.js';
import { operators, runPass } from './harness.js';

const FEATURES = 3;
const HIDDEN = 4;

/** One step: from a row and the states to the states; the first is the hidden one. */
type Cell = (u: Unroller, x: Value, states: readonly Value[], name: string, features: number) => Value[];

const gemm = (u: Unroller, x: Value, name: string, inputs: number, outputs: number) =>
  u.op('Gemm', [x, u.weight(`${name}.w`, [outputs, inputs]), u.weight(`${name}.b`, [outputs])], { transB: { int: 1 } });

function gates(u: Unroller, value: Value, count: number): readonly Value[] {
  const parts = u.outputs('Split', u.opset >= 13 ? [value, u.numbers(Array(count).fill(HIDDEN))] : [value], count, {
    axis: { int: 1 },
    ...(u.opset >= 13 ? {} : { split: { ints: Array(count).fill(HIDDEN) } }),
  });
  return parts as Value[];
}

/** PyTorch: i, f, g, o. */
const lstm: Cell = (u, x, [h, c], name, features) => {
  const sum = u.op('Add', [
    gemm(u, x, `${name}.ih`, features, 4 * HIDDEN),
    gemm(u, h as Value, `${name}.hh`, HIDDEN, 4 * HIDDEN),
  ]);
  const [i, f, g, o] = gates(u, sum, 4) as [Value, Value, Value, Value];
  const sigmoid = (gate: Value) => u.op('Sigmoid', [gate]);
  const fresh = u.op('Mul', [sigmoid(i), u.op('Tanh', [g])]);
  const memory = u.op('Add', [u.op('Mul', [sigmoid(f), c as Value]), fresh]);
  return [u.op('Mul', [sigmoid(o), u.op('Tanh', [memory])]), memory];
};

/** As in Keras: the row and the state joined, one matrix, gates cut out of the result. */
const joinedLstm: Cell = (u, x, [h, c], name, features) => {
  const both = u.op('Concat', [x, h as Value], { axis: { int: 1 } });
  const product = u.op('MatMul', [both, u.weight(`${name}.k`, [features + HIDDEN, 4 * HIDDEN])]);
  const sum = u.op('Add', [u.weight(`${name}.b`, [4 * HIDDEN]), product]);
  const gate = (at: number) => u.slice(sum, 1, at * HIDDEN, (at + 1) * HIDDEN);
  const forget = u.op('Mul', [c as Value, u.op('Sigmoid', [gate(1)])]);
  const memory = u.op('Add', [u.op('Mul', [u.op('Tanh', [gate(2)]), u.op('Sigmoid', [gate(0)])]), forget]);
  return [u.op('Mul', [u.op('Tanh', [memory]), u.op('Sigmoid', [gate(3)])]), memory];
};

type Mix = (u: Unroller, z: Value, n: Value, h: Value) => Value;

/** PyTorch: r, z, n; the reset gate comes after the weights of the state. */
const gru =
  (mix: Mix): Cell =>
  (u, x, [h], name, features) => {
    const [ri, zi, ni] = gates(u, gemm(u, x, `${name}.ih`, features, 3 * HIDDEN), 3) as [Value, Value, Value];
    const [rh, zh, nh] = gates(u, gemm(u, h as Value, `${name}.hh`, HIDDEN, 3 * HIDDEN), 3) as [Value, Value, Value];
    const r = u.op('Sigmoid', [u.op('Add', [ri, rh])]);
    const z = u.op('Sigmoid', [u.op('Add', [zi, zh])]);
    const n = u.op('Tanh', [u.op('Add', [ni, u.op('Mul', [r, nh])])]);
    return [mix(u, z, n, h as Value)];
  };

/** The reset gate before the weights. */
const resetBefore: Cell = (u, x, [h], name, features) => {
  const gate = (part: string, state: Value) =>
    u.op('Add', [
      gemm(u, x, `${name}.${part}i`, features, HIDDEN),
      u.op('MatMul', [state, u.weight(`${name}.${part}h`, [HIDDEN, HIDDEN])]),
    ]);
  const [r, z] = [u.op('Sigmoid', [gate('r', h as Value)]), u.op('Sigmoid', [gate('z', h as Value)])];
  const n = u.op('Tanh', [gate('n', u.op('Mul', [r, h as Value]))]);
  return [byDifference(u, z, n, h as Value)];
};

const byDifference: Mix = (u, z, n, h) => u.op('Add', [n, u.op('Mul', [z, u.op('Sub', [h, n])])]);
const byParts: Mix = (u, z, n, h) =>
  u.op('Add', [u.op('Mul', [u.op('Sub', [u.scalar(1), z]), n]), u.op('Mul', [z, h])]);
const byRest: Mix = (u, z, n, h) => u.op('Add', [u.op('Sub', [n, u.op('Mul', [z, n])]), u.op('Mul', [h, z])]);
const opposite: Mix = (u, z, n, h) => byParts(u, z, h, n);

const rnn =
  (activation: string): Cell =>
  (u, x, [h], name, features) => [
    u.op(activation, [
      u.op('Add', [gemm(u, x, `${name}.i`, features, HIDDEN), gemm(u, h as Value, `${name}.h`, HIDDEN, HIDDEN)]),
    ]),
  ];

/** States of all steps. */
function run(u: Unroller, rows: readonly Value[], cell: Cell, states: number, x = rows[0] as Value) {
  let current: Value[] = Array(states).fill(u.zerosLike(x, HIDDEN));
  return rows.map((row) => {
    current = cell(u, row, current, 'cell', FEATURES);
    return current;
  });
}

type Build = (u: Unroller, x: Value, length: number) => void;

async function build(write: Build, length: number, opset: number): Promise<Model> {
  const u = await Unroller.at(opset);
  write(u, u.input('x', ['batch', 'time', FEATURES]), length);
  return u.model;
}

/** Rolls up the model of one length, and compares it with the ones unrolled at others. */
async function follows(write: Build, opset = 17): Promise<Record<string, number>> {
  const model = await build(write, 5, opset);
  expect(await runPass(fixBatch({ rnnOps: true }), model)).toMatchObject({ changed: true, unresolved: [] });
  for (const length of [1, 2, 5, 9]) {
    const shapes = { x: [2 + (length % 2), length, FEATURES] };
    const [expected, actual] = [
      await runFloats(await build(write, length, opset), shapes),
      await runFloats(model, shapes),
    ];
    for (const [name, { dims, data }] of Object.entries(expected)) {
      expect({ length, name, dims: actual[name]?.dims }).toEqual({ length, name, dims });
      const difference = Math.max(...data.map((n, i) => Math.abs(n - (actual[name]?.data[i] as number))));
      expect({ length, name, isClose: difference < 1e-5 }).toEqual({ length, name, isClose: true });
    }
  }
  return operators(model);
}

describe('recurrent cells as operators', () => {
  it.each<[string, Cell, number, string]>([
    ['LSTM', lstm, 2, 'LSTM'],
    ['LSTM with one matrix', joinedLstm, 2, 'LSTM'],
    ['GRU by difference', gru(byDifference), 1, 'GRU'],
    ['GRU by parts', gru(byParts), 1, 'GRU'],
    ['GRU by what is left', gru(byRest), 1, 'GRU'],
    ['GRU whose gate says how much is new', gru(opposite), 1, 'GRU'],
    ['GRU that resets before the weights', resetBefore, 1, 'GRU'],
    ['RNN', rnn('Tanh'), 1, 'RNN'],
    ['RNN of rectifiers', rnn('Relu'), 1, 'RNN'],
  ])('recognises %s', async (_, cell, states, operator) => {
    const write: Build = (u, x, length) => {
      const steps = run(u, u.rows(x, 1, length, 'gather'), cell, states);
      u.output(
        'all',
        u.stack(
          steps.map(([h]) => h as Value),
          1,
        ),
      );
      u.output('last', u.op('Neg', [steps.at(-1)?.at(-1) as Value]));
    };
    for (const opset of [17, 11]) {
      const left = await follows(write, opset);
      expect(left).toMatchObject({ [operator]: 1 });
      expect(left).not.toHaveProperty('Scan');
    }
  });

  it('goes backwards', async () => {
    const left = await follows((u, x, length) => {
      const steps = run(u, u.rows(x, 1, length, 'slice').reverse(), lstm, 2, x);
      u.output('all', u.stack(steps.map(([h]) => h as Value).reverse(), 1));
      u.output('last', u.op('Neg', [steps.at(-1)?.[0] as Value]));
    });
    expect(left).toMatchObject({ LSTM: 1 });
    expect(left).not.toHaveProperty('Scan');
  });

  it('takes layers out of one loop, and leaves the rest of it', async () => {
    const left = await follows((u, x, length) => {
      let [h, c, s] = [1, 2, 3].map(() => u.zerosLike(x, HIDDEN)) as [Value, Value, Value];
      const results = u.rows(x, 1, length, 'gather').map((row) => {
        [h, c] = lstm(u, row, [h, c], 'one', FEATURES) as [Value, Value];
        [s] = gru(byParts)(u, h, [s], 'two', HIDDEN) as [Value];
        return u.op('Softmax', [u.op('Add', [gemm(u, s, 'out', HIDDEN, HIDDEN), row4(u, row)])], { axis: { int: 1 } });
      });
      u.output('y', u.stack(results, 1));
    });
    expect(left).toMatchObject({ LSTM: 1, GRU: 1, Scan: 1 });
  });

  it.each<[string, Cell]>([
    [
      'whose gates are of another kind',
      (u, x, [h], n, f) => [u.op('Sigmoid', [rnn('Tanh')(u, x, [h as Value], n, f)[0] as Value])],
    ],
    [
      'whose memory is read',
      (u, x, [h, c], n, f) => {
        const [next, memory] = lstm(u, x, [h as Value, c as Value], n, f) as [Value, Value];
        return [next, memory, u.op('Add', [memory, next])];
      },
    ],
  ])('leaves cells %s in a Scan', async (_, cell) => {
    const left = await follows((u, x, length) => {
      const steps = run(u, u.rows(x, 1, length, 'gather'), (...all) => cell(...all).slice(0, 3), 2);
      u.output(
        'all',
        u.stack(
          steps.map((states) => states.at(-1) as Value),
          1,
        ),
      );
    });
    expect(left).toMatchObject({ Scan: 1 });
    expect(left).not.toHaveProperty('LSTM');
  });
});

/** Four features of a row of three. */
function row4(u: Unroller, row: Value): Value {
  return gemm(u, row, 'skip', FEATURES, HIDDEN);
}
