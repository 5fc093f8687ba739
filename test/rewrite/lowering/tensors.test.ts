import { describe, expect, it } from 'vitest';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { type Argument, Calls, expectClose, float, lowered, noise } from './harness.js';

const counting = (shape: readonly number[]) => float(shape, [...new Array(shape.reduce((a, b) => a * b, 1)).keys()]);
const ints = (shape: readonly number[], values: readonly number[]): DenseTensor => {
  return { dtype: DataType.INT64, shape, data: BigInt64Array.from(values, BigInt) };
};
const at = (tensor: DenseTensor, ...index: number[]): number => {
  const flat = index.reduce((sum, i, axis) => sum * (tensor.shape[axis] as number) + i, 0);
  return Number(tensor.data[flat]);
};

/** A tensor of a shape from a formula of the indices. */
function made(
  shape: readonly number[],
  element: (...index: number[]) => number,
): { shape: readonly number[]; data: number[] } {
  const data: number[] = [];
  const walk = (index: number[]) => {
    if (index.length === shape.length) data.push(element(...index));
    else for (let i = 0; i < (shape[index.length] as number); i++) walk([...index, i]);
  };
  walk([]);
  return { shape, data };
}

interface Case {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly expected: { shape: readonly number[]; data: readonly number[] };
}

const A = counting([2, 3, 4]);
const M = noise([3, 4]);
const sum = (count: number, term: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0);
const live = (tensor: DenseTensor, ...fixed: number[]) => ({ live: tensor, fixed });
const mean = (i: number) => sum(4, (j) => at(M, i, j)) / 4;

const cases: Case[] = [
  { name: 'transpose', args: [live(A), 0, -1], expected: made([4, 3, 2], (i, j, k) => at(A, k, j, i)) },
  { name: 'permute', args: [live(A), [2, 0, 1]], expected: made([4, 2, 3], (i, j, k) => at(A, j, k, i)) },
  { name: 'movedim', args: [live(A), [0], [-1]], expected: made([3, 4, 2], (i, j, k) => at(A, k, i, j)) },
  { name: 'reshape', args: [live(A), [3, -1]], expected: made([3, 8], (i, j) => i * 8 + j) },
  { name: 'flatten', args: [live(A), 1, 2], expected: made([2, 12], (i, j) => i * 12 + j) },
  {
    name: 'unflatten',
    args: [live(A), -1, [2, 2]],
    expected: made([2, 3, 2, 2], (i, j, k, l) => at(A, i, j, k * 2 + l)),
  },
  {
    name: 'unsqueeze',
    args: [live(A), 1],
    expected: { shape: [2, 1, 3, 4], data: made([2, 3, 4], (...i) => at(A, ...i)).data },
  },
  { name: 'select', args: [live(A), 1, -1], expected: made([2, 4], (i, j) => at(A, i, 2, j)) },
  {
    name: 'slice',
    args: [live(A), 2, 1, undefined, 2],
    expected: made([2, 3, 2], (i, j, k) => at(A, i, j, 1 + 2 * k)),
  },
  { name: 'narrow', args: [live(A), 2, 1, 2], expected: made([2, 3, 2], (i, j, k) => at(A, i, j, 1 + k)) },
  {
    name: 'roll',
    args: [live(A), [1, -1], [1, 2]],
    expected: made([2, 3, 4], (i, j, k) => at(A, i, (j + 2) % 3, (k + 1) % 4)),
  },
  { name: 'roll', args: [live(A), [5], []], expected: made([2, 3, 4], (i, j, k) => (i * 12 + j * 4 + k + 19) % 24) },
  { name: 'flip', args: [live(A), [0, 2]], expected: made([2, 3, 4], (i, j, k) => at(A, 1 - i, j, 3 - k)) },
  { name: 'fft_fftshift', args: [live(A), [1]], expected: made([2, 3, 4], (i, j, k) => at(A, i, (j + 2) % 3, k)) },
  { name: 'fft_ifftshift', args: [live(A), [1]], expected: made([2, 3, 4], (i, j, k) => at(A, i, (j + 1) % 3, k)) },
  { name: 'repeat', args: [live(M), [2, 1, 2]], expected: made([2, 3, 8], (_, j, k) => at(M, j, k % 4)) },
  { name: 'expand', args: [live(float([3, 1], [1, 2, 3])), [2, -1, 4]], expected: made([2, 3, 4], (_, j) => j + 1) },
  { name: 'index_select', args: [live(A), 1, [2, 0]], expected: made([2, 2, 4], (i, j, k) => at(A, i, 2 - 2 * j, k)) },
  { name: 'unfold', args: [live(A), 2, 3, 1], expected: made([2, 3, 2, 3], (i, j, k, l) => at(A, i, j, k + l)) },
  { name: 'unfold', args: [live(A), 1, 2, 1], expected: made([2, 2, 4, 2], (i, j, k, l) => at(A, i, j + l, k)) },
  { name: 'diff', args: [live(A), 1, 1], expected: made([2, 2, 4], () => 4) },
  { name: 'repeat_interleave', args: [live(M), 2, 1], expected: made([3, 8], (i, j) => at(M, i, Math.floor(j / 2))) },
  {
    name: 'repeat_interleave',
    args: [live(M), [1, 0, 2], 0],
    expected: made([3, 4], (i, j) => at(M, [0, 2, 2][i] as number, j)),
  },
  {
    name: 'constant_pad_nd',
    args: [live(M), [1, 0, 0, 1], 5],
    expected: made([4, 5], (i, j) => (i < 3 && j > 0 ? at(M, i, j - 1) : 5)),
  },
  {
    name: 'reflection_pad1d',
    args: [live(A), [2, 1]],
    expected: made([2, 3, 7], (i, j, k) => at(A, i, j, [2, 1, 0, 1, 2, 3, 2][k] as number)),
  },
  { name: 'tril', args: [live(M), -1], expected: made([3, 4], (i, j) => (j <= i - 1 ? at(M, i, j) : 0)) },
  {
    name: 'glu',
    args: [live(A), 2],
    expected: made([2, 3, 2], (i, j, k) => at(A, i, j, k) / (1 + Math.exp(-at(A, i, j, k + 2)))),
  },
  {
    name: 'pixel_unshuffle',
    args: [live(counting([1, 2, 4, 6]), 1), 2],
    expected: made(
      [1, 8, 2, 3],
      (_, c, y, x) => Math.floor(c / 4) * 24 + (2 * y + (Math.floor(c / 2) % 2)) * 6 + 2 * x + (c % 2),
    ),
  },
  {
    name: 'channel_shuffle',
    args: [live(counting([1, 6, 2, 1])), 2],
    expected: made([1, 6, 2, 1], (_, c, y) => ((c % 2) * 3 + Math.floor(c / 2)) * 2 + y),
  },

  {
    name: 'sum',
    args: [live(A), [0, 2], true, undefined],
    expected: made([1, 3, 1], (_, j) => sum(2, (i) => sum(4, (k) => at(A, i, j, k)))),
  },
  { name: 'sum', args: [live(A), undefined], expected: { shape: [], data: [276] } },
  { name: 'mean', args: [live(M), [1], false, undefined], expected: made([3], (i) => mean(i)) },
  {
    name: 'var',
    args: [live(M), [1], true, false],
    expected: made([3], (i) => sum(4, (j) => (at(M, i, j) - mean(i)) ** 2) / 3),
  },
  {
    name: 'std',
    args: [live(M), [1], 0, true],
    expected: made([3, 1], (i) => Math.sqrt(sum(4, (j) => (at(M, i, j) - mean(i)) ** 2) / 4)),
  },
  {
    name: 'amax',
    args: [live(M), [1], false],
    expected: made([3], (i) => Math.max(...[0, 1, 2, 3].map((j) => at(M, i, j)))),
  },
  { name: 'argmax', args: [live(A), undefined, false], expected: { shape: [], data: [23] } },
  {
    name: 'linalg_vector_norm',
    args: [live(M), 3, [1], false, undefined],
    expected: made([3], (i) => Math.cbrt(sum(4, (j) => Math.abs(at(M, i, j)) ** 3))),
  },
  { name: 'count_nonzero', args: [live(A)], expected: { shape: [], data: [23] } },
  { name: 'all', args: [live(A), 2, false], expected: made([2, 3], (i, j) => Number(i + j > 0)) },
  {
    name: 'cumprod',
    args: [live(M), 1, undefined],
    expected: made([3, 4], (i, j) => Array.from({ length: j + 1 }, (_, k) => at(M, i, k)).reduce((a, b) => a * b)),
  },
  { name: 'cumsum', args: [live(M), 0, undefined], expected: made([3, 4], (i, j) => sum(i + 1, (k) => at(M, k, j))) },
  {
    name: 'logsumexp',
    args: [live(M), [1], false],
    expected: made([3], (i) => Math.log(sum(4, (j) => Math.exp(at(M, i, j))))),
  },
  {
    name: 'softmax',
    args: [live(M), -1, undefined],
    expected: made([3, 4], (i, j) => Math.exp(at(M, i, j)) / sum(4, (k) => Math.exp(at(M, i, k)))),
  },

  {
    name: 'bucketize',
    args: [live(M), { live: float([3], [-0.5, 0, 0.5]) }, false, false],
    expected: made([3, 4], (i, j) => [-0.5, 0, 0.5].filter((b) => b < at(M, i, j)).length),
  },
  {
    name: 'searchsorted',
    args: [live(float([2, 3], [1, 2, 3, 2, 4, 6])), live(float([2, 2], [2, 5, 2, 5])), false, true],
    expected: { shape: [2, 2], data: [2, 3, 1, 2] },
  },
  {
    name: 'gather',
    args: [live(M), 1, live(ints([3, 2], [0, 3, 1, 1, 2, 0])), false],
    expected: made([3, 2], (i, j) =>
      at(
        M,
        i,
        [
          [0, 3],
          [1, 1],
          [2, 0],
        ][i]?.[j] as number,
      ),
    ),
  },
  {
    name: 'scatter_add',
    args: [live(M), 1, live(ints([3, 2], [0, 0, 1, 1, 2, 2])), live(counting([3, 2]))],
    expected: made([3, 4], (i, j) => at(M, i, j) + (i === j ? 4 * i + 1 : 0)),
  },
  {
    name: 'one_hot',
    args: [live(ints([3], [0, 2, 1])), 3],
    expected: { shape: [3, 3], data: [1, 0, 0, 0, 0, 1, 0, 1, 0] },
  },
  { name: 'argsort', args: [live(float([4], [3, 1, 2, 0])), -1, true], expected: { shape: [4], data: [0, 2, 1, 3] } },
  {
    name: 'embedding',
    args: [live(M), live(ints([2, 2], [2, 0, 1, 1])), -1, false, false],
    expected: made([2, 2, 4], (i, j, k) =>
      at(
        M,
        [
          [2, 0],
          [1, 1],
        ][i]?.[j] as number,
        k,
      ),
    ),
  },

  {
    name: 'linear',
    args: [live(A), live(M), live(float([3], [1, 2, 3]))],
    expected: made([2, 3, 3], (i, j, k) => sum(4, (l) => at(A, i, j, l) * at(M, k, l)) + k + 1),
  },
  {
    name: 'addmm',
    args: [live(float([3], [1, 2, 3])), live(noise([2, 4], 9)), live(noise([4, 3], 8)), 0.5, 2],
    expected: made(
      [2, 3],
      (i, j) => 0.5 * (j + 1) + 2 * sum(4, (k) => at(noise([2, 4], 9), i, k) * at(noise([4, 3], 8), k, j)),
    ),
  },
  {
    name: 'outer',
    args: [live(float([2], [1, 2])), live(float([3], [3, 4, 5]))],
    expected: made([2, 3], (i, j) => (i + 1) * (j + 3)),
  },
  {
    name: 'conv1d',
    args: [live(A), live(noise([2, 3, 2], 6)), undefined, [1], [1], [1], 1],
    expected: made([2, 2, 5], (b, o, t) =>
      sum(3, (c) =>
        sum(2, (k) =>
          t + k - 1 >= 0 && t + k - 1 < 4 ? at(A, b, c, t + k - 1) * at(noise([2, 3, 2], 6), o, c, k) : 0,
        ),
      ),
    ),
  },
  {
    name: '_convolution_mode',
    args: [live(A), live(noise([2, 3, 3], 6)), undefined, [1], 'valid', [1], 1],
    expected: made([2, 2, 2], (b, o, t) =>
      sum(3, (c) => sum(3, (k) => at(A, b, c, t + k) * at(noise([2, 3, 3], 6), o, c, k))),
    ),
  },
  {
    name: 'avg_pool1d',
    args: [live(A), [2], [2], [0], false, true],
    expected: made([2, 3, 2], (i, j, k) => (at(A, i, j, 2 * k) + at(A, i, j, 2 * k + 1)) / 2),
  },
  {
    name: 'adaptive_avg_pool1d',
    args: [live(A, 2), [2]],
    expected: made([2, 3, 2], (i, j, k) => (at(A, i, j, 2 * k) + at(A, i, j, 2 * k + 1)) / 2),
  },
  {
    name: 'upsample_nearest1d',
    args: [live(A), [8], undefined],
    expected: made([2, 3, 8], (i, j, k) => at(A, i, j, Math.floor(k / 2))),
  },
  {
    name: 'upsample_linear1d',
    args: [live(A), [7], true, undefined],
    expected: made([2, 3, 7], (i, j, k) => i * 12 + j * 4 + k / 2),
  },
  {
    name: 'affine_grid_generator',
    args: [live(float([1, 2, 3], [2, 0, 1, 0, 3, -1])), [1, 1, 2, 2], true],
    expected: { shape: [1, 2, 2, 2], data: [-1, -4, 3, -4, -1, 2, 3, 2] },
  },

  {
    name: 'full_like',
    args: [live(M), 2.5, undefined, undefined, undefined, undefined, undefined],
    expected: made([3, 4], () => 2.5),
  },
  {
    name: 'layer_norm',
    args: [live(M), [4], undefined, undefined, 1e-5, true],
    expected: made(
      [3, 4],
      (i, j) => (at(M, i, j) - mean(i)) / Math.sqrt(sum(4, (k) => (at(M, i, k) - mean(i)) ** 2) / 4 + 1e-5),
    ),
  },
  {
    name: 'rms_norm',
    args: [live(M), [4], live(float([4], [1, 2, 3, 4])), 1e-6],
    expected: made([3, 4], (i, j) => ((j + 1) * at(M, i, j)) / Math.sqrt(sum(4, (k) => at(M, i, k) ** 2) / 4 + 1e-6)),
  },
  {
    name: 'batch_norm',
    args: [live(A), undefined, undefined, float3(1, 2, 3), float3(4, 9, 16), false, 0.1, 0, true],
    expected: made([2, 3, 4], (i, j, k) => (at(A, i, j, k) - (j + 1)) / (j + 2)),
  },
];

function float3(...values: number[]): Argument {
  return { live: float([3], values), fixed: [0] };
}

describe('operators on tensors', () => {
  it.each(cases)('$name $expected.shape', async ({ name, args, expected }) => {
    expectClose(await lowered(name, args), expected.shape, expected.data);
  });

  it.each([11, 12, 14, 18, 20])('speaks opset %i', async (opset) => {
    for (const wanted of ['tril', 'sum', 'mean', 'repeat', 'unfold', 'upsample_nearest1d', 'glu', 'layer_norm']) {
      const { name, args, expected } = cases.find((found) => found.name === wanted) as Case;
      expectClose(await lowered(name, args, { opset }), expected.shape, expected.data);
    }
  });

  it('normalises groups and instances', async () => {
    const x = noise([2, 4, 5]);
    const group = (i: number, j: number) =>
      [0, 1].flatMap((c) => [0, 1, 2, 3, 4].map((t) => at(x, i, j - (j % 2) + c, t)));
    const standard = (all: number[], value: number) => {
      const middle = all.reduce((a, b) => a + b) / all.length;
      return (value - middle) / Math.sqrt(all.reduce((a, b) => a + (b - middle) ** 2, 0) / all.length + 1e-5);
    };
    const weights = [live(float([4], [1, 2, 3, 4])), live(float([4], [0, 1, 0, 1]))];
    const grouped = made([2, 4, 5], (i, j, k) => standard(group(i, j), at(x, i, j, k)) * (j + 1) + (j % 2));
    expectClose(await lowered('group_norm', [live(x), 2, ...weights, 1e-5, true]), grouped.shape, grouped.data);
    const single = made([2, 4, 5], (i, j, k) =>
      standard(
        [0, 1, 2, 3, 4].map((t) => at(x, i, j, t)),
        at(x, i, j, k),
      ),
    );
    const args = [live(x, 1), undefined, undefined, undefined, undefined, true, 0.1, 1e-5, true];
    expectClose(await lowered('instance_norm', args), single.shape, single.data);
  });

  it('slices up to the end, which exporters call the largest number', async () => {
    const calls = await Calls.start();
    const end = calls.constant({ dtype: DataType.INT64, shape: [], data: BigInt64Array.of(2n ** 63n - 1n) });
    const [result] = await calls.run([calls.call('slice', [live(A), 1, 1, end, 1])]);
    expectClose(result, [2, 2, 4], made([2, 2, 4], (i, j, k) => at(A, i, j + 1, k)).data);
  });

  it('takes lists apart, and puts them together', async () => {
    const calls = await Calls.start();
    const list = calls.call('chunk', [live(A, 2), 2, 2]);
    const [left, right] = calls.node('ListUnpack', [list], { domain: 'org.pytorch.prim', outputs: 2 });
    const again = calls.call('ListConstruct', [right, left], { domain: 'org.pytorch.prim' });
    const [joined] = await calls.run([calls.call('stack', [again, 0])]);
    const expected = made([2, 2, 3, 2], (p, i, j, k) => at(A, i, j, k + 2 * (1 - p)));
    expectClose(joined, expected.shape, expected.data);
  });

  it('finds the extreme of all, along an axis, and of two', async () => {
    const calls = await Calls.start();
    const [values, indices] = calls.node('max', [live(A), 1, false], { outputs: 2 });
    const all = calls.call('min', [live(A)]);
    const pair = calls.call('max', [live(A), live(float([1], [10]))]);
    const results = await calls.run([values, indices, all, pair] as never);
    expectClose(results[0], [2, 4], made([2, 4], (i, j) => at(A, i, 2, j)).data);
    expectClose(results[1], [2, 4], new Array(8).fill(2));
    expectClose(results[2], [], [0]);
    expectClose(results[3], [2, 3, 4], made([2, 3, 4], (...i) => Math.max(10, at(A, ...i))).data);
  });

  it('reads and writes at indices', async () => {
    const calls = await Calls.start();
    const lists = (...inputs: Argument[]) => calls.call('ListConstruct', inputs, { domain: 'org.pytorch.prim' });
    const picked = calls.call('index', [live(A), lists(undefined, live(ints([2], [2, 0])))]);
    const pairs = calls.call('index', [live(A), lists(live(ints([2], [1, 0])), live(ints([2], [2, 1])))]);
    const put = calls.call('index_put', [live(M), lists(live(ints([2], [2, 0]))), 9, false]);
    const results = await calls.run([picked, pairs, put]);
    expectClose(results[0], [2, 2, 4], made([2, 2, 4], (i, j, k) => at(A, i, 2 - 2 * j, k)).data);
    expectClose(results[1], [2, 4], made([2, 4], (i, j) => at(A, 1 - i, 2 - i, j)).data);
    expectClose(results[2], [3, 4], made([3, 4], (i, j) => (i === 1 ? at(M, i, j) : 9)).data);
  });

  it('attends, with masks of every kind', async () => {
    const [q, k, v] = [noise([2, 3, 4], 1), noise([2, 5, 4], 2), noise([2, 5, 6], 3)];
    const attend = (allowed: (i: number, j: number) => boolean) =>
      made([2, 3, 6], (b, i, d) => {
        const weight = (j: number) =>
          allowed(i, j) ? Math.exp(sum(4, (c) => at(q, b, i, c) * at(k, b, j, c)) / 2) : 0;
        const total = sum(5, weight);
        return sum(5, (j) => (weight(j) / total) * at(v, b, j, d));
      });
    const mask = {
      dtype: DataType.BOOL,
      shape: [3, 5],
      data: Uint8Array.from({ length: 15 }, (_, i) => Number(i % 5 !== 2)),
    };
    const name = 'scaled_dot_product_attention';
    const plain = await lowered(name, [live(q), live(k), live(v), undefined, 0, false]);
    expectClose(plain, [2, 3, 6], attend(() => true).data);
    const causal = await lowered(name, [live(q), live(k), live(v), undefined, 0, true]);
    expectClose(causal, [2, 3, 6], attend((i, j) => j <= i).data);
    const given = await lowered(name, [live(q), live(k), live(v), live(mask), 0, false]);
    expectClose(given, [2, 3, 6], attend((_, j) => j !== 2).data);
    expect(plain.dtype).toBe(DataType.FLOAT);
  });

  it('makes windows of every kind', async () => {
    const calls = await Calls.start();
    const tail = [undefined, undefined, undefined, undefined];
    const results = await calls.run([
      calls.call('hann_window', [6, ...tail]),
      calls.call('hann_window', [6, false, ...tail]),
      calls.call('hamming_window', [6, true, 0.5, 0.25, ...tail]),
      calls.call('bartlett_window', [5, false, ...tail]),
      calls.call('kaiser_window', [5, false, 12, ...tail]),
    ]);
    const cosine = (i: number, n: number) => Math.cos((2 * Math.PI * i) / n);
    expectClose(results[0], [6], made([6], (i) => 0.5 - 0.5 * cosine(i, 6)).data);
    expectClose(results[1], [6], made([6], (i) => 0.5 - 0.5 * cosine(i, 5)).data);
    expectClose(results[2], [6], made([6], (i) => 0.5 - 0.25 * cosine(i, 6)).data);
    expectClose(results[3], [5], [0, 0.5, 1, 0.5, 0]);
    expectClose(results[4], [5], [5.277e-5, 0.21567, 1, 0.21567, 5.277e-5], 1e-4);
  });
});
