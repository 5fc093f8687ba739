import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import { fixPe } from '../../src/passes/fix-pe.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { Builder } from '../analysis/evidence/model.js';
import { runFloats } from '../support/unrolled.js';
import { runPass } from './harness.js';

/** What a channel is at a row and a column. */
type Channel = (row: number, column: number, height: number, width: number) => number;

const ROWS: Channel = (row) => row;
const COLUMNS: Channel = (_, column) => column;

/** Coordinates of `height` rows and `width` columns, added to x with the channels in front of them, or behind. */
async function grid(channels: readonly Channel[], isLast: boolean, [height, width]: readonly [number, number]) {
  const b = await Builder.start();
  const count = channels.length;
  const at = (channel: number, row: number, column: number) =>
    (channels[channel] as Channel)(row, column, height, width);
  const [shape, dims] = isLast
    ? [
        [1, height, width, count],
        ['batch', 'height', 'width', count],
      ]
    : [
        [1, count, height, width],
        ['batch', count, 'height', 'width'],
      ];
  const data = b.floats(shape, (i) =>
    isLast
      ? at(i % count, Math.floor(i / count / width), Math.floor(i / count) % width)
      : at(Math.floor(i / width / height), Math.floor(i / width) % height, i % width),
  );
  return b.output(b.node('Add', [b.input(dims), data])).model;
}

/** The same, added to tokens: x [batch, channels, height, width], of which the last two axes become one. */
async function tokens(channels: readonly Channel[], [height, width]: readonly [number, number]) {
  const b = await Builder.start();
  const count = channels.length;
  const x = b.node('Reshape', [b.input(['batch', count, 'height', 'width']), b.ints(0, count, -1)]);
  const table = b.floats([1, height * width, count], (i) => {
    const token = Math.floor(i / count);
    return (channels[i % count] as Channel)(Math.floor(token / width), token % width, height, width);
  });
  return b.output(b.node('Add', [b.node('Transpose', [x], { perm: { ints: [0, 2, 1] } }), table])).model;
}

async function sums(model: Model, count: number, isLast: boolean, [height, width]: readonly [number, number]) {
  const shape = isLast ? [2, height, width, count] : [2, count, height, width];
  return Object.values(await runFloats(model, { [model.graph.inputs[0]?.name ?? '']: shape }))[0];
}

const sine =
  (of: Channel, frequency: number): Channel =>
  (row, column, height, width) =>
    Math.sin(Math.fround(of(row, column, height, width) * frequency));

describe('coordinates of rows and columns side by side', () => {
  it.each<[string, readonly Channel[], boolean]>([
    ['columns and rows', [COLUMNS, ROWS], false],
    ['rows and columns, channels last', [ROWS, COLUMNS], true],
    ['middles of cells', [(_, column) => column - 0.5, (row) => row + 0.5], true],
    ['from -1 to 1', [(row, _, height) => -1 + (2 * row) / (height - 1), COLUMNS], false],
    ['with a channel that is the same everywhere', [ROWS, () => 7, COLUMNS], false],
    ['sinusoids of both', [sine(ROWS, 1), sine(ROWS, 0.01), sine(COLUMNS, 1), sine(COLUMNS, 0.01)], false],
  ])('follow live sizes: %s', async (_, channels, isLast) => {
    const model = await grid(channels, isLast, [14, 20]);
    const report = await runPass(fixPe(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    for (const size of [
      [14, 20],
      [9, 6],
      [21, 33],
    ] as const) {
      const expected = await sums(await grid(channels, isLast, size), channels.length, isLast, size);
      const actual = await sums(model, channels.length, isLast, size);
      expect(actual?.dims).toEqual(expected?.dims);
      const worst = Math.max(...(expected?.data ?? []).map((n, i) => Math.abs(n - (actual?.data[i] as number))));
      expect(worst).toBeLessThan(2e-5);
    }
  });

  it.each<[string, readonly Channel[]]>([
    ['columns and rows', [COLUMNS, ROWS]],
    ['sinusoids of both', [sine(ROWS, 1), sine(ROWS, 0.01), sine(COLUMNS, 1), sine(COLUMNS, 0.01)]],
  ])('follow live sizes for each token: %s', async (_, channels) => {
    const model = await tokens(channels, [14, 20]);
    expect(await runPass(fixPe(), model)).toMatchObject({ changed: true, unresolved: [] });
    for (const size of [
      [14, 20],
      [9, 6],
      [20, 14],
    ] as const) {
      const expected = await sums(await tokens(channels, size), channels.length, false, size);
      const actual = await sums(model, channels.length, false, size);
      expect(actual?.dims).toEqual(expected?.dims);
      const worst = Math.max(...(expected?.data ?? []).map((n, i) => Math.abs(n - (actual?.data[i] as number))));
      expect(worst).toBeLessThan(2e-5);
    }
  });

  it('are no learned tables of tokens', async () => {
    const learned: Channel = (row, column) => Math.sin((row * 31 + column) ** 2);
    const model = await tokens([learned, ROWS], [14, 20]);
    expect(await runPass(fixPe(), model)).toMatchObject({ changed: false });
  });

  it('are refused where a channel follows no rule, or one of both axes', async () => {
    const learned: Channel = (row) => Math.sin(row * row * 3);
    for (const channel of [learned, (row: number, column: number) => row * column]) {
      const model = await grid([COLUMNS, channel], false, [14, 20]);
      expect(await runPass(fixPe(), model)).toMatchObject({ changed: false });
    }
  });

  it('are left alone where no size follows them', async () => {
    const b = await Builder.start();
    const table = b.floats([1, 2, 14, 20], (i) => (i < 280 ? i % 20 : Math.floor((i - 280) / 20)));
    const { model } = b.output(b.node('Add', [b.input(['batch', 2, 14, 20]), table]));
    expect(await runPass(fixPe(), model)).toMatchObject({ changed: false, unresolved: [] });
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: false, unresolved: [] });
  });
});
