import { describe, expect, it } from 'vitest';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { operators } from '../../passes/harness.js';
import { type Argument, Calls, expectClose, noise } from './harness.js';

type Norm = 'backward' | 'ortho' | 'forward';

/** The transform of one row of pairs, by its definition; `forward` scales by 1/n in the direction that `norm` says. */
function dft(row: readonly number[], length: number, inverse: boolean, norm: Norm): number[] {
  const result: number[] = [];
  const scale = norm === 'ortho' ? 1 / Math.sqrt(length) : (norm === 'backward') === inverse ? 1 / length : 1;
  for (let k = 0; k < length; k++) {
    let [re, im] = [0, 0];
    for (let j = 0; j < Math.min(length, row.length / 2); j++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * ((j * k) % length)) / length;
      const [a, b] = [row[2 * j] as number, row[2 * j + 1] as number];
      re += a * Math.cos(angle) - b * Math.sin(angle);
      im += a * Math.sin(angle) + b * Math.cos(angle);
    }
    result.push(re * scale, im * scale);
  }
  return result;
}

/** The rows of a tensor, of so many numbers each. */
const rows = ({ data }: DenseTensor, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data as Float32Array).slice(i * width, (i + 1) * width),
  );
const real = (row: readonly number[]) => row.flatMap((value) => [value, 0]);

/** A transform along the last axis, whose size is known or not. */
async function transform(
  name: string,
  x: DenseTensor,
  args: readonly Argument[],
  options: { complexIn?: boolean; complexOut?: boolean; live?: boolean; opset?: number },
) {
  const { complexIn = false, complexOut = true, live = false, opset = 17 } = options;
  const calls = await Calls.start({ opset });
  const rank = x.shape.length;
  const fixed = complexIn ? [rank - 1, ...(live ? [] : [rank - 2])] : live ? [] : [rank - 1];
  const given = calls.live({ live: x, fixed });
  const input = complexIn ? calls.call('view_as_complex', [given]) : given;
  const result = calls.call(name, [input, ...args]);
  const [output] = await calls.run([complexOut ? calls.call('view_as_real', [result]) : result]);
  return output as DenseTensor;
}

const lengths: readonly (readonly [length: number | undefined, live: boolean, norm: Norm | undefined])[] = [
  [undefined, false, undefined],
  [undefined, true, undefined],
  [undefined, true, 'ortho'],
  [8, false, 'forward'],
  [8, true, 'ortho'],
  [16, false, 'ortho'],
  [16, true, 'forward'],
];

describe.each(lengths)('transforms of length %s, size known only at run time: %s, %s', (length, live, norm) => {
  const scale = norm ?? 'backward';
  const args = [length, -1, norm] as const;

  it.each([9, 12])('fft_rfft and fft_ihfft of %i', async (count) => {
    const x = noise([2, count]);
    const n = length ?? count;
    const bins = Math.floor(n / 2) + 1;
    const forward = rows(x, count).flatMap((row) => dft(real(row), n, false, scale).slice(0, 2 * bins));
    expectClose(await transform('fft_rfft', x, args, { live }), [2, bins, 2], forward);
    const back = rows(x, count).flatMap((row) => dft(real(row), n, true, scale).slice(0, 2 * bins));
    expectClose(await transform('fft_ihfft', x, args, { live }), [2, bins, 2], back);
  });

  it.each([false, true])('fft_fft and fft_ifft, complex: %s', async (complexIn) => {
    const x = noise(complexIn ? [2, 12, 2] : [2, 12]);
    const n = length ?? 12;
    const given = complexIn ? rows(x, 24) : rows(x, 12).map(real);
    for (const inverse of [false, true]) {
      const result = await transform(inverse ? 'fft_ifft' : 'fft_fft', x, args, { live, complexIn });
      expectClose(
        result,
        [2, n, 2],
        given.flatMap((row) => dft(row, n, inverse, scale)),
      );
    }
  });

  it.each([false, true])('back to real samples, forward: %s', async (forward) => {
    const bins = 7;
    const x = noise([2, bins, 2]);
    const n = length ?? 12;
    // The other half is the conjugate of this one; imaginary parts without a partner do not count.
    const whole = (row: readonly number[]) => {
      const full = new Array<number>(2 * n).fill(0);
      for (let k = 0; k < Math.min(bins, Math.floor(n / 2) + 1); k++) {
        const alone = k === 0 || 2 * k === n;
        const [a, b] = [row[2 * k] as number, alone ? 0 : (row[2 * k + 1] as number)];
        [full[2 * k], full[2 * k + 1]] = [a, b];
        if (!alone) [full[2 * (n - k)], full[2 * (n - k) + 1]] = [a, -b];
      }
      return full;
    };
    const expected = rows(x, 2 * bins).flatMap((row) =>
      dft(whole(row), n, !forward, scale).filter((_, i) => i % 2 === 0),
    );
    const name = forward ? 'fft_hfft' : 'fft_irfft';
    const result = await transform(name, x, args, { live, complexIn: true, complexOut: false });
    expectClose(result, [2, n], expected);
  });
});

describe('transforms', () => {
  it('of several axes come back', async () => {
    const x = noise([2, 6, 9]);
    const calls = await Calls.start();
    const spectrum = calls.call('fft_rfft2', [{ live: x, fixed: [1, 2] }, undefined, [-2, -1], 'ortho']);
    const back = calls.call('fft_irfft2', [spectrum, [6, 9], [-2, -1], 'ortho']);
    const centred = calls.call('fft_fftn', [{ live: x, fixed: [1, 2], name: 'y' }, undefined, [1, 2], undefined]);
    const again = calls.call('real', [calls.call('fft_ifftn', [centred, undefined, [1, 2], undefined])]);
    const results = await calls.run([back, again]);
    for (const result of results) expectClose(result, [2, 6, 9], Array.from(x.data as Float32Array));
  });

  it('along other axes', async () => {
    const x = noise([6, 2]);
    const calls = await Calls.start();
    const spectrum = calls.call('fft_rfft', [{ live: x, fixed: [0] }, undefined, 0, undefined]);
    const [result] = await calls.run([calls.call('view_as_real', [spectrum])]);
    const columns = [0, 1].map((j) =>
      dft(real([0, 1, 2, 3, 4, 5].map((i) => Number(x.data[i * 2 + j]))), 6, false, 'backward'),
    );
    const expected = [0, 1, 2, 3].flatMap((k) =>
      [0, 1].flatMap((j) => [columns[j]?.[2 * k] as number, columns[j]?.[2 * k + 1] as number]),
    );
    expectClose(result, [4, 2, 2], expected);
  });

  it('that other transforms are made of', async () => {
    const x = noise([2, 8]);
    const calls = await Calls.start();
    const spectrum = calls.call('_fft_r2c', [{ live: x, fixed: [1] }, [1], 0, true]);
    const back = calls.call('_fft_c2r', [spectrum, [1], 2, 8]);
    const whole = calls.call('_fft_c2c', [
      calls.call('_fft_r2c', [{ live: x, fixed: [1], name: 'y' }, [1], 1, false]),
      [1],
      1,
      false,
    ]);
    const results = await calls.run([back, calls.call('real', [whole])]);
    for (const result of results) expectClose(result, [2, 8], Array.from(x.data as Float32Array));
  });

  it.each([11, 13, 18, 20])('in opset %i', async (opset) => {
    const x = noise([2, 10]);
    const expected = rows(x, 10).flatMap((row) => dft(real(row), 10, false, 'backward').slice(0, 12));
    expectClose(await transform('fft_rfft', x, [undefined, -1, undefined], { opset }), [2, 6, 2], expected);
    expectClose(await transform('fft_rfft', x, [undefined, -1, undefined], { opset, live: true }), [2, 6, 2], expected);
  });

  it('too long for a constant compute their basis', async () => {
    const x = noise([1, 2500]);
    const calls = await Calls.start();
    const spectrum = calls.call('abs', [calls.call('fft_rfft', [{ live: x, fixed: [1] }, undefined, -1, undefined])]);
    const [result] = await calls.run([spectrum]);
    const row = dft(real(Array.from(x.data as Float32Array)), 2500, false, 'backward');
    expectClose(
      result,
      [1, 1251],
      Array.from({ length: 1251 }, (_, k) => Math.hypot(row[2 * k] as number, row[2 * k + 1] as number)),
      2e-6,
    );
    expect(operators(calls.model)).toMatchObject({ Cos: 1, Sin: 1 });
  });
});

describe('standard operators on request', () => {
  const onnx = { domain: '' } as const;

  it.each([17, 20])('DFT in opset %i', async (opset) => {
    const run = async (lower: readonly string[]) => {
      const calls = await Calls.start({ opset });
      const axis = opset < 20 ? [] : [1];
      const attribute = opset < 20 ? { axis: { int: 1 } } : {};
      const make = (x: DenseTensor, given: object) =>
        calls.call('DFT', [{ live: x, fixed: [1, 2] }, undefined, ...axis], {
          ...onnx,
          attributes: { ...attribute, ...given },
        });
      const outputs = [
        make(noise([2, 10, 1]), { onesided: { int: 1 } }),
        make(noise([2, 9, 1], 2), {}),
        make(noise([2, 9, 2], 3), { inverse: { int: 1 } }),
      ];
      const report = await calls.lower(outputs, { lower });
      expect(report).toMatchObject({ changed: lower.length > 0, unresolved: [] });
      return calls.outputs();
    };
    const [before, after] = [await run([]), await run(['DFT'])];
    before.forEach((tensor, i) => {
      expectClose(after[i], tensor.shape, Array.from(tensor.data as Float32Array), 3e-6);
    });
  });

  it('STFT', async () => {
    const run = async (lower: readonly string[]) => {
      const calls = await Calls.start();
      const window = calls.constant(noise([16], 9));
      const outputs = [
        calls.call('STFT', [{ live: noise([2, 50, 1]), fixed: [2] }, 4, window, 16], onnx),
        calls.call('STFT', [{ live: noise([2, 50, 1], 3), fixed: [2] }, 5, window], {
          ...onnx,
          attributes: { onesided: { int: 0 } },
        }),
        calls.call('STFT', [{ live: noise([2, 50, 1], 3), fixed: [2] }, 5, undefined, 12], onnx),
      ];
      const report = await calls.lower(outputs, { lower });
      expect(report).toMatchObject({ changed: lower.length > 0, unresolved: [] });
      return calls.outputs();
    };
    const [before, after] = [await run([]), await run(['STFT'])];
    before.forEach((tensor, i) => {
      expectClose(after[i], tensor.shape, Array.from(tensor.data as Float32Array), 3e-6);
    });
  });
});
