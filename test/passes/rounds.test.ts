import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { allPasses } from '../../src/passes/index.js';
import { joinReports } from '../../src/passes/pipeline.js';
import { DataType } from '../../src/tensor/dtype.js';
import { type RowStyle, runFloats, Unroller } from '../support/unrolled.js';
import { operators } from './harness.js';

type Build = (u: Unroller, x: Value, count: number, style: RowStyle) => Value;

async function build(write: Build, count: number, style: RowStyle): Promise<Model> {
  const u = await Unroller.at(17);
  u.output('y', write(u, u.input('x', ['batch', 'time', 8]), count, style), ['batch', 'steps', 4]);
  return u.model;
}

function perItem(u: Unroller, x: Value, count: number, style: RowStyle, inputs: number): Value {
  const items = u.rows(x, 0, count, style).map((item) => u.op('Gemm', [item, u.weight('w', [inputs, 4])]));
  return u.stack(items, 0);
}

const sizeBefore: Build = (u, x, count, style) =>
  perItem(u, u.op('Reshape', [x, u.numbers([count, -1, 4])]), count, style, 4);

const constantBefore: Build = (u, x, count, style) => {
  const tensor = { dtype: DataType.FLOAT, shape: [count, 1, 8], data: new Float32Array(8 * count).fill(0.5) };
  return perItem(u, u.op('Add', [x, u.op('Constant', [], { value: { tensor } })]), count, style, 8);
};

const sizeBehind: Build = (u, x, count, style) =>
  u.op('Reshape', [perItem(u, x, count, style, 8), u.numbers([count, -1, 4])]);

const both: Build = (u, x, count, style) => {
  const first = u.op('Reshape', [x, u.numbers([count, -1, 4])]);
  return u.op('Reshape', [perItem(u, first, count, style, 4), u.numbers([count, -1, 4])]);
};

describe('fix', () => {
  it.each<[string, Build]>([
    ['before', sizeBefore],
    ['by a constant before', constantBefore],
    ['behind', sizeBehind],
    ['on both sides of', both],
  ])('frees a batch that was frozen %s a loop over its items', async (_, write) => {
    for (const style of ['gather', 'split', 'slice'] as const) {
      const model = await build(write, 3, style);
      const report = joinReports('fix', await model.transform(...allPasses()));
      expect(report).toMatchObject({ changed: true, unresolved: [], others: [], sizes: { batch: 3 } });
      expect(operators(model)).not.toHaveProperty('Gemm');
      for (const count of [1, 2, 5]) {
        const shapes = { x: [count, 6, 8] };
        expect(await runFloats(model, shapes)).toEqual(await runFloats(await build(write, count, style), shapes));
      }
    }
  });

  it('does not call items of a list larger where they are not rolled up', async () => {
    const model = await build(
      (u, x, count, style) => {
        const [first, ...rest] = u.rows(x, 0, count, style) as [Value, ...Value[]];
        return u.stack([u.op('Relu', [first]), ...rest.map((item) => u.op('Exp', [item]))], 0);
      },
      3,
      'split',
    );
    const report = joinReports('fix', await model.transform(...allPasses()));
    expect(report.changed).toBe(false);
    expect(report.others?.map(({ code }) => code)).toContain('unrolled-loop');
  });
});
