import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixBatch } from '../../src/passes/fix-batch.js';
import { allPasses } from '../../src/passes/index.js';
import { DataType } from '../../src/tensor/dtype.js';
import { type RowStyle, runFloats, Unroller } from '../support/unrolled.js';
import { operators, runPass } from './harness.js';

const FEATURES = 3;
const HIDDEN = 4;

/** Writes a model unrolled at a length. */
type Build = (u: Unroller, x: Value, length: number, batch: number) => void;

async function build(write: Build, length: number, { opset = 17, batch = 2, timeMajor = false } = {}): Promise<Model> {
  const u = await Unroller.at(opset);
  const x = u.input('x', timeMajor ? ['time', 'batch', FEATURES] : ['batch', 'time', FEATURES]);
  write(u, x, length, batch);
  return u.model;
}

/** Rolls up the model of one length, and compares it with the ones unrolled at others. */
async function follows(
  write: Build,
  options: { opset?: number; traced?: number; timeMajor?: boolean; lengths?: number[] } = {},
) {
  const { traced = 5, timeMajor = false, lengths = [1, 2, 4, 9] } = options;
  const model = await build(write, traced, options);
  const report = await runPass(fixBatch(), model);
  expect(report).toMatchObject({ changed: true, unresolved: [] });
  for (const length of [traced, ...lengths]) {
    for (const batch of [2, 3]) {
      const expected = await runFloats(await build(write, length, { ...options, batch }), {
        x: shapeOf(length, batch, timeMajor),
      });
      const actual = await runFloats(model, { x: shapeOf(length, batch, timeMajor) });
      for (const [name, { dims, data }] of Object.entries(expected)) {
        expect({ length, name, dims: actual[name]?.dims }).toEqual({ length, name, dims });
        const difference = Math.max(...data.map((n, i) => Math.abs(n - (actual[name]?.data[i] as number))));
        expect({ length, name, isClose: difference < 1e-5 }).toEqual({ length, name, isClose: true });
      }
    }
  }
  return { model, report };
}

function shapeOf(length: number, batch: number, timeMajor: boolean): number[] {
  return timeMajor ? [length, batch, FEATURES] : [batch, length, FEATURES];
}

/** h = tanh(W x + U h + b), all h stacked. */
function rnn(u: Unroller, rows: readonly Value[], initial: Value, name = 'cell', features = FEATURES): Value[] {
  let h = initial;
  return rows.map((x) => {
    h = u.cell(name, x, h, features, HIDDEN);
    return h;
  });
}

describe('rolling up a recurrent cell', () => {
  it.each([9, 10, 11, 13, 17, 18, 20])('works in opset %i', async (opset) => {
    const { model } = await follows(
      (u, x, length) => {
        const states = rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN));
        u.output('y', u.stack(states, 1));
      },
      { opset },
    );
    expect(operators(model)).toMatchObject({ Scan: 1 });
    expect(operators(model)).not.toHaveProperty('Tanh');
  });

  it.each<RowStyle>(['slice', 'split'])('takes rows by %s', async (style) => {
    const write: Build = (u, x, length) => {
      const states = rnn(u, u.rows(x, 1, length, style), u.zerosLike(x, HIDDEN));
      u.output('y', u.stack(states, 1));
    };
    await follows(write);
    await follows(write, { opset: 12 });
  });

  it('gives the last state only', async () => {
    await follows((u, x, length) => {
      u.output('y', rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN)).at(-1) as Value);
    });
  });

  it('gives results of the last step that are no state', async () => {
    await follows((u, x, length) => {
      const states = rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN));
      const gates = states.map((h) => u.op('Sigmoid', [h]));
      u.output('last', u.op('Neg', [gates.at(-1) as Value]));
      u.output('all', u.stack(gates, 2));
    });
  });

  it('carries several states, of which the last step may leave some unfinished', async () => {
    await follows((u, x, length) => {
      let [h, c] = [u.zerosLike(x, HIDDEN), u.zerosLike(x, HIDDEN)];
      const outputs: Value[] = [];
      u.rows(x, 1, length, 'gather').forEach((row, t) => {
        c = u.op('Mul', [u.cell('c', row, h, FEATURES, HIDDEN), u.op('Sigmoid', [c])]);
        h = u.op('Tanh', [u.op('Add', [c, h])]);
        outputs.push(u.op('Mul', [h, c]));
        if (t === length - 1) return;
        h = u.op('Mul', [h, u.weight('decay', [HIDDEN])]);
      });
      u.output('y', u.stack(outputs, 1));
    });
  });

  it('carries a state that decays before the next row is met, which the last but one step does for nothing', async () => {
    await follows((u, x, length) => {
      let most = u.zerosLike(x, FEATURES);
      const outputs: Value[] = [];
      u.rows(x, 1, length, 'gather').forEach((row, t) => {
        outputs.push(u.op('Tanh', [u.op('Add', [most, row])]));
        if (t === length - 1) return;
        most = u.op('Max', [u.op('Mul', [most, u.weight('decay', [FEATURES])]), row]);
      });
      u.output('y', u.stack(outputs, 1));
    });
  });

  it('keeps a first step that differs', async () => {
    await follows((u, x, length) => {
      const rows = u.rows(x, 1, length, 'gather');
      let y = rows[0] as Value;
      const all = [y];
      for (const row of rows.slice(1)) {
        y = u.op('Add', [u.op('Mul', [y, u.scalar(0.9)]), u.op('Mul', [row, u.scalar(0.1)])]);
        all.push(y);
      }
      u.output('y', u.stack(all, 1));
    });
  });

  it('goes through gates of which the first row is read by nobody', async () => {
    await follows(
      (u, x, length) => {
        const gate = u.op('Sigmoid', [x]);
        const rows = u.rows(u.op('Mul', [x, gate]), 1, length, 'gather');
        const gates = u.rows(gate, 1, length, 'gather');
        let h = rows[0] as Value;
        const states = [h];
        for (let t = 1; t < length; t++) {
          h = u.op('Add', [rows[t] as Value, u.op('Mul', [u.op('Sub', [u.scalar(1), gates[t] as Value]), h])]);
          states.push(h);
        }
        u.output('y', u.op('Mul', [gate, u.stack(states, 1)]));
      },
      { lengths: [2, 4, 9] },
    );
  });

  it('keeps a first step whose results are of another kind', async () => {
    await follows(
      (u, x, length) => {
        const rows = u.rows(x, 1, length, 'gather');
        let y = rows[0] as Value;
        const differences: Value[] = [u.op('Neg', [y])];
        for (const row of rows.slice(1)) {
          const difference = u.op('Sub', [row, u.op('Mul', [y, u.scalar(0.5)])]);
          y = u.op('Tanh', [u.op('Add', [difference, y])]);
          differences.push(difference);
        }
        u.output('y', u.stack(differences, 1));
      },
      { lengths: [2, 4, 9] },
    );
  });

  it('keeps a first step from a state of another shape', async () => {
    await follows((u, x, length) => {
      u.output('y', u.stack(rnn(u, u.rows(x, 1, length, 'gather'), u.weight('h0', [1, HIDDEN])), 1));
    });
  });

  it('goes both ways', async () => {
    await follows((u, x, length) => {
      const rows = u.rows(x, 1, length, 'gather');
      const there = rnn(u, rows, u.zerosLike(x, HIDDEN), 'there');
      const back = rnn(u, u.rows(x, 1, length, 'gather').reverse(), u.zerosLike(x, HIDDEN), 'back').reverse();
      u.output('y', u.op('Concat', [u.stack(there, 1), u.stack(back, 1)], { axis: { int: -1 } }));
    });
  });

  it('goes both ways, joining the results step by step', async () => {
    await follows((u, x, length) => {
      const there = rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN), 'there');
      const back = rnn(u, u.rows(x, 1, length, 'gather').reverse(), u.zerosLike(x, HIDDEN), 'back').reverse();
      const both = there.map((h, t) => u.op('Concat', [h, back[t] as Value], { axis: { int: 1 } }));
      u.output('y', u.stack(both, 1));
    });
  });

  it('rolls up layers that hand on their results in a list, or stacked', async () => {
    await follows((u, x, length) => {
      const first = rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN), 'first');
      const second = rnn(u, first, u.zerosLike(x, HIDDEN), 'second', HIDDEN);
      u.output('y', u.stack(second, 1));
    });
    const { model } = await follows((u, x, length) => {
      const first = u.stack(rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN), 'first'), 1);
      const second = rnn(u, u.rows(first, 1, length, 'gather'), u.zerosLike(x, HIDDEN), 'second', HIDDEN);
      u.output('y', u.stack(second, 1));
    });
    expect(operators(model)).toMatchObject({ Scan: 2 });
  });

  it('finds loops inside larger models, over another axis, with a length input of their own', async () => {
    await follows(
      (u, x, length) => {
        const projected = u.op('Relu', [u.op('MatMul', [x, u.weight('in', [FEATURES, FEATURES])])]);
        const zeros = u.op('ReduceMean', [u.op('Mul', [projected, u.scalar(0)])], {
          axes: { ints: [0] },
          keepdims: { int: 0 },
        });
        const states = rnn(
          u,
          u.rows(projected, 0, length, 'gather'),
          u.op('MatMul', [zeros, u.weight('zeros', [FEATURES, HIDDEN])]),
        );
        const stacked = u.stack(states, 0);
        u.output('y', u.op('MatMul', [stacked, u.weight('out', [HIDDEN, 2])]));
      },
      { timeMajor: true },
    );
  });

  it('gives several rows a step', async () => {
    const { model } = await follows((u, x, length) => {
      const states = rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN));
      const pairs = states.map((h) => u.stack([h, u.op('Neg', [h])], 1));
      u.output('y', u.op('Concat', pairs, { axis: { int: 1 } }));
    });
    expect(operators(model)).toMatchObject({ Loop: 1 });
  });

  it('counts its steps', async () => {
    await follows((u, x, length) => {
      const table = u.op('Relu', [
        u.op('Mul', [u.weight('table', [12, FEATURES]), u.op('ReduceMax', [x], { keepdims: { int: 0 } })]),
      ]);
      const rows = u
        .rows(x, 1, length, 'gather')
        .map((row, t) => u.op('Add', [row, u.op('Gather', [table, u.numbers([t], [])])]));
      u.output('y', u.stack(rnn(u, rows, u.zerosLike(x, HIDDEN)), 1));
    });
  });

  it('reads a table of weights by the number of the step', async () => {
    const write: Build = (u, x, length) => {
      const rows = u.rows(x, 1, length, 'gather').map((row, t) => {
        const position = u.op('Gather', [u.weight('positions', [12, FEATURES]), u.numbers([t], [])]);
        return u.op('Add', [row, position]);
      });
      u.output('y', u.stack(rnn(u, rows, u.zerosLike(x, HIDDEN)), 1));
    };
    await follows(write);
  });

  it('writes its results into rows of a tensor', async () => {
    const write: Build = (u, x, length, batch) => {
      let h = u.weight('zero', [1, HIDDEN]);
      let all: Value = u.op('ConstantOfShape', [u.numbers([length, batch, HIDDEN])]);
      const zeros = u.op('ReduceMean', [u.op('Mul', [x, u.scalar(0)])], { axes: { ints: [0] }, keepdims: { int: 0 } });
      h = u.op('Add', [h, u.op('MatMul', [zeros, u.weight('zeros', [FEATURES, HIDDEN])])]);
      u.rows(x, 0, length, 'gather').forEach((row, t) => {
        h = u.cell('cell', row, h, FEATURES, HIDDEN);
        all = u.op('ScatterND', [all, u.numbers([t], [1, 1]), u.axes('Unsqueeze', h, 0)]);
      });
      u.output('y', all);
    };
    const model = await build(write, 5, { timeMajor: true });
    expect(await runPass(fixBatch(), model)).toMatchObject({ changed: true, unresolved: [] });
    for (const length of [1, 2, 5, 9]) {
      const shape = shapeOf(length, 2, true);
      const expected = await runFloats(await build(write, length, { timeMajor: true }), { x: shape });
      expect(await runFloats(model, { x: shape })).toEqual(expected);
    }
  });

  it('writes its results in place, whose shape it asks the rows for that it overwrites', async () => {
    await follows((u, x, length) => {
      let h = u.zerosLike(x, FEATURES);
      let all = u.op('Mul', [x, u.scalar(0)]);
      u.rows(x, 1, length, 'gather').forEach((row, t) => {
        h = u.op('Tanh', [u.op('Add', [row, h])]);
        // out[:, t] = h, as the TorchScript exporter writes it
        const shape = u.op('Shape', [u.op('Gather', [all, u.numbers([t], [])], { axis: { int: 1 } })]);
        const batch = u.op('Gather', [u.op('Shape', [all]), u.numbers([0], [])]);
        const items = u.op('Reshape', [
          u.op('Range', [u.numbers([0], []), batch, u.numbers([1], [])]),
          u.numbers([-1, 1]),
        ]);
        const place = u.op('Expand', [u.numbers([t], [1, 1]), u.op('Shape', [items])]);
        const places = u.op('Concat', [items, place], { axis: { int: -1 } });
        all = u.op('ScatterND', [all, places, u.op('Expand', [h, shape])]);
      });
      u.output('y', all);
    });
  });

  it('reads the row that it is about to write, which the last step does not do for the next one', async () => {
    await follows((u, x, length) => {
      let all = u.op('Mul', [u.op('Transpose', [x], { perm: { ints: [1, 0, 2] } }), u.scalar(0)]);
      u.rows(x, 1, length, 'gather').forEach((row, t) => {
        const old = u.op('Gather', [all, u.numbers([t], [])], { axis: { int: 0 } });
        const h = u.op('Tanh', [u.op('Add', [row, u.op('Cos', [old])])]);
        all = u.op('ScatterND', [all, u.numbers([t], [1, 1]), u.axes('Unsqueeze', h, 0)]);
      });
      u.output('y', all);
    });
  });

  it('begins with states of the traced batch, which follow it afterwards', async () => {
    const write: Build = (u, x, length, batch) => {
      const zeros = u.model.graph.addInitializer('zeros', {
        dtype: DataType.FLOAT,
        shape: [batch, HIDDEN],
        data: new Float32Array(batch * HIDDEN),
      });
      // The first step's product with the state, the same for all items, was computed by the exporter.
      const row = Float32Array.from({ length: batch * HIDDEN }, (_, i) => (i % HIDDEN) / 8);
      const learned = { dtype: DataType.FLOAT, shape: [batch, HIDDEN], data: row };
      const other = u.op('Constant', [], { value: { tensor: learned } });
      const rows = u.rows(x, 1, length, 'gather');
      let c = other;
      let h = zeros;
      for (const x of rows) {
        c = u.op('Mul', [u.op('Sigmoid', [c]), u.cell('c', x, h, FEATURES, HIDDEN)]);
        h = u.op('Tanh', [c]);
      }
      u.output('y', h);
    };
    const model = await build(write, 5);
    for (const pass of allPasses({})) expect(await runPass(pass, model)).toMatchObject({ unresolved: [] });
    for (const [length, batch] of [
      [5, 2],
      [3, 1],
      [7, 4],
    ] as const) {
      const shape = [batch, length, FEATURES];
      const expected = await runFloats(await build(write, length, { batch }), { x: shape });
      const actual = await runFloats(model, { x: shape });
      expect(actual.y?.dims).toEqual(expected.y?.dims);
      const difference = (n: number, i: number) => Math.abs(n - (actual.y?.data[i] as number));
      expect(Math.max(...(expected.y?.data ?? []).map(difference))).toBeLessThan(1e-5);
    }
  });

  it('leaves steps with weights of their own, and too few of them', async () => {
    const write: Build = (u, x, length) => {
      let h = u.zerosLike(x, HIDDEN);
      const states = u.rows(x, 1, length, 'gather').map((row, t) => {
        h = u.cell(`cell${t}`, row, h, FEATURES, HIDDEN);
        return h;
      });
      u.output('y', u.stack(states, 1));
    };
    expect(await runPass(fixBatch(), await build(write, 4))).toMatchObject({ changed: false });
    const short: Build = (u, x, length) => {
      u.output('y', u.stack(rnn(u, u.rows(x, 1, length, 'gather'), u.zerosLike(x, HIDDEN)), 1));
    };
    expect(await runPass(fixBatch(), await build(short, 2))).toMatchObject({ changed: false });
  });
});

describe('rolling up chunks', () => {
  const chunk = 4;
  const chunks = (u: Unroller, x: Value, length: number) =>
    Array.from({ length: Math.ceil(length / chunk) }, (_, i) => u.slice(x, 1, i * chunk, (i + 1) * chunk));
  const attention = (u: Unroller, part: Value) => {
    const scores = u.op('MatMul', [part, u.op('Transpose', [part], { perm: { ints: [0, 2, 1] } })]);
    return u.op('MatMul', [u.op('Softmax', [scores], { axis: { int: 2 } }), part]);
  };

  it('does not take what only the last chunk has for something that is counted', async () => {
    const flat: Build = (u, x, length) => {
      const parts = chunks(u, x, length).map((part, i) => {
        const rows = Math.min(chunk, length - i * chunk);
        const joined = u.op('Tanh', [u.op('Reshape', [part, u.numbers([-1, rows * FEATURES])])]);
        return u.op('Reshape', [joined, u.numbers([-1, rows, FEATURES])]);
      });
      u.output('y', u.op('Concat', parts, { axis: { int: 1 } }));
    };
    const report = await runPass(fixBatch(), await build(flat, 10));
    expect(report).toMatchObject({ changed: false, unresolved: [{ code: 'unrolled-loop' }] });
    expect(report.unresolved[0]?.message).toMatch('its steps differ in');
  });

  it.each([
    [14, 17],
    [16, 17],
    [14, 11],
    [13, 13],
  ])('of %i frames in opset %i, the last of which may be shorter', async (traced, opset) => {
    await follows(
      (u, x, length) =>
        u.output(
          'y',
          u.op(
            'Concat',
            chunks(u, x, length).map((part) => attention(u, part)),
            { axis: { int: 1 } },
          ),
        ),
      { traced, opset, lengths: [3, 8, 9, 23] },
    );
  });

  it('carries a state from chunk to chunk', async () => {
    await follows(
      (u, x, length) => {
        let mean = u.op('Mul', [u.op('ReduceMean', [x], { axes: { ints: [1] }, keepdims: { int: 1 } }), u.scalar(0)]);
        const results = chunks(u, x, length).map((part) => {
          const result = u.op('Sub', [attention(u, part), mean]);
          mean = u.op('Add', [
            u.op('Mul', [mean, u.scalar(0.5)]),
            u.op('ReduceMean', [part], { axes: { ints: [1] }, keepdims: { int: 1 } }),
          ]);
          return result;
        });
        u.output('y', u.op('Concat', results, { axis: { int: 1 } }));
        u.output('mean', mean);
      },
      { traced: 14, lengths: [3, 8, 9, 23] },
    );
  });

  it('gives one row for each', async () => {
    await follows(
      (u, x, length) => {
        const rows = chunks(u, x, length).map((part) =>
          u.op('ReduceMax', [part], { axes: { ints: [1] }, keepdims: { int: 0 } }),
        );
        u.output('y', u.stack(rows, 1));
      },
      { traced: 14, lengths: [3, 8, 9, 23] },
    );
  });
});
