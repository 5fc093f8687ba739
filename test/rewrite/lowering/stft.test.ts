import { describe, expect, it } from 'vitest';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { Calls, expectClose, float, lowered, noise } from './harness.js';

interface Config {
  readonly length: number;
  readonly hop?: number;
  readonly width?: number;
  readonly onesided?: boolean;
  readonly normalized?: boolean;
  readonly center?: boolean;
  readonly mode?: 'reflect' | 'constant' | 'replicate';
  readonly opset?: number;
  readonly batch?: number;
}

const hann = (width: number) =>
  Float32Array.from({ length: width }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / width));

/** The samples before and after a signal, by the index that they repeat; undefined is zero. */
function sampleAt(signal: ArrayLike<number>, i: number, mode: string): number {
  const n = signal.length;
  if (i >= 0 && i < n) return signal[i] as number;
  if (mode === 'constant') return 0;
  if (mode === 'replicate') return signal[i < 0 ? 0 : n - 1] as number;
  return signal[i < 0 ? -i : 2 * (n - 1) - i] as number;
}

/** The definition, in double precision: `[bins, frames, 2]`. */
function direct(
  signal: ArrayLike<number>,
  config: Config,
  window: ArrayLike<number>,
): { frames: number; data: number[] } {
  const { length, hop = Math.floor(length / 4), onesided = true, normalized = false, center = false } = config;
  const half = center ? Math.floor(length / 2) : 0;
  const total = signal.length + 2 * half;
  const frames = Math.floor((total - length) / hop) + 1;
  const bins = onesided ? Math.floor(length / 2) + 1 : length;
  const left = Math.floor((length - window.length) / 2);
  const data: number[] = [];
  for (let k = 0; k < bins; k++) {
    for (let f = 0; f < frames; f++) {
      let [re, im] = [0, 0];
      for (let j = 0; j < window.length; j++) {
        const sample = sampleAt(signal, f * hop + j + left - half, config.mode ?? 'reflect');
        const angle = (-2 * Math.PI * ((k * (j + left)) % length)) / length;
        re += (window[j] as number) * sample * Math.cos(angle);
        im += (window[j] as number) * sample * Math.sin(angle);
      }
      const scale = normalized ? 1 / Math.sqrt(length) : 1;
      data.push(re * scale, im * scale);
    }
  }
  return { frames, data };
}

function rows(tensor: DenseTensor): Float32Array[] {
  const samples = tensor.shape.at(-1) as number;
  const data = tensor.data as Float32Array;
  return Array.from({ length: data.length / samples }, (_, i) => data.subarray(i * samples, (i + 1) * samples));
}

const configs: Config[] = [
  { length: 16, hop: 4 },
  { length: 15, hop: 4 },
  { length: 16, hop: 5, width: 10 },
  { length: 15, hop: 3, width: 8 },
  { length: 16, hop: 4, onesided: false },
  { length: 9, hop: 2, onesided: false, normalized: true },
  { length: 16, normalized: true },
  { length: 16, hop: 4, center: true },
  { length: 17, hop: 4, center: true, width: 12 },
  { length: 16, hop: 4, center: true, mode: 'constant' },
  { length: 16, hop: 6, center: true, mode: 'replicate', normalized: true },
  { length: 400, hop: 160, center: true },
  { length: 512, hop: 128, batch: 2 },
  { length: 16, hop: 4, batch: 3, center: true },
  ...[11, 12, 13, 14, 16, 18, 19, 20, 21].map((opset) => ({ length: 12, hop: 3, center: true, opset })),
];

describe('stft', () => {
  it.each(configs)(
    '$length samples, $hop on, opset $opset: $width $onesided $normalized $center $mode',
    async (config) => {
      const { length, hop, width, onesided, normalized = false, center, mode, opset = 17, batch } = config;
      const signal = noise(batch === undefined ? [length * 3 + 7] : [batch, length * 3 + 7]);
      const window = hann(width ?? length);
      const calls = await Calls.start({ opset });
      const given = calls.constant({ dtype: 1, shape: [window.length], data: window });
      const head = [{ live: signal }, length, hop, width, given];
      const tail = [normalized, onesided, true];
      const spectrum = calls.call(
        'stft',
        center === undefined ? [...head, ...tail] : [...head, center, mode ?? 'reflect', ...tail],
      );
      const [result] = await calls.run([calls.call('view_as_real', [spectrum])]);
      const parts = rows(signal).map((row) => direct(row, config, window));
      const bins = onesided === false ? length : Math.floor(length / 2) + 1;
      const shape = [bins, parts[0]?.frames as number, 2];
      const data = parts.flatMap((part) => part.data);
      expectClose(result, batch === undefined ? shape : [batch, ...shape], data);
    },
  );

  it.each([
    [256, 2],
    [400, 3],
    [512, 8],
    [800, 5],
    [1024, 1],
    [1024, 16],
  ])('is off by less than 7e-7 of the peak: %i samples, %i frames', async (length, frames) => {
    const hop = length / 4;
    const count = length + (frames - 1) * hop;
    const loud = { dtype: 1, shape: [count], data: new Float32Array(count).fill(0.7) };
    for (const [signal, window] of [
      [noise([count], 3), hann(length)],
      [loud, new Float32Array(length).fill(1)],
    ] as const) {
      const given = { dtype: 1, shape: [length], data: window };
      const calls = await Calls.start();
      const args = [{ live: signal }, length, hop, length, calls.constant(given), false, true, false];
      const [result] = await calls.run([calls.call('stft', args)]);
      const { data } = direct(signal.data as Float32Array, { length, hop }, window);
      expectClose(result, [length / 2 + 1, frames, 2], data, 7e-7);
    }
  });

  it('multiplies every part of a long frame with its part of a live window', async () => {
    const signal = noise([300]);
    const window = noise([128], 5);
    const result = await lowered('stft', [{ live: signal }, 128, 32, 128, { live: window }, false, true, false]);
    const { frames, data } = direct(signal.data as Float32Array, { length: 128, hop: 32 }, window.data as Float32Array);
    expectClose(result, [65, frames, 2], data);
  });

  it('gives the real view where no complex result is asked for, as before PyTorch 1.7', async () => {
    const signal = noise([40]);
    const result = await lowered('stft', [{ live: signal }, 8, 2, 8, undefined, false, true]);
    const { frames, data } = direct(signal.data as Float32Array, { length: 8, hop: 2 }, new Float32Array(8).fill(1));
    expectClose(result, [5, frames, 2], data);
  });

  it('reads ATen nodes of any domain, and scalars that are attributes', async () => {
    const signal = noise([2, 30]);
    const attributes = {
      operator: { string: 'aten::stft' },
      n_fft: { int: 8 },
      hop_length: { int: 2 },
      win_length: { int: 8 },
      normalized: { int: 0 },
      onesided: { int: 1 },
      return_complex: { int: 0 },
    } as const;
    const window = float([8], hann(8));
    const calls = await Calls.start();
    const given = calls.constant(window);
    const [result] = await calls.run([
      calls.call('ATen', [{ live: signal }, given], { domain: 'com.microsoft', attributes }),
    ]);
    const parts = rows(signal).map((row) => direct(row, { length: 8, hop: 2 }, window.data as Float32Array));
    expectClose(
      result,
      [2, 5, 12, 2],
      parts.flatMap(({ data }) => data),
    );
  });

  it('multiplies with a window that is only known at run time', async () => {
    const signal = noise([30]);
    const window = noise([6], 5);
    const result = await lowered('stft', [{ live: signal }, 8, 2, 6, { live: window }, false, true, false]);
    const { frames, data } = direct(signal.data as Float32Array, { length: 8, hop: 2 }, window.data as Float32Array);
    expectClose(result, [5, frames, 2], data);
  });

  it('takes complex signals', async () => {
    const pairs = noise([30, 2]);
    const calls = await Calls.start();
    const complex = calls.call('view_as_complex', [{ live: pairs, fixed: [1] }]);
    const spectrum = calls.call('stft', [complex, 8, 2, 8, undefined, false, false, true]);
    const [result] = await calls.run([calls.call('view_as_real', [spectrum])]);
    const window = new Float32Array(8).fill(1);
    const part = (offset: number) =>
      direct(
        Float32Array.from({ length: 30 }, (_, i) => pairs.data[2 * i + offset] as number),
        { length: 8, hop: 2, onesided: false },
        window,
      );
    const [re, im] = [part(0), part(1)];
    // F(a + bi) = F(a) + i F(b)
    const data = re.data.map((value, i) =>
      i % 2 === 0 ? value - (im.data[i + 1] as number) : value + (im.data[i - 1] as number),
    );
    expectClose(result, [8, re.frames, 2], data);
  });

  it('refuses what it cannot know, by name and with what a user can do', async () => {
    const calls = await Calls.start();
    const length = calls.live({ live: { dtype: 7, shape: [], data: BigInt64Array.of(8n) } });
    const spectrum = calls.call('stft', [{ live: noise([30]) }, length, 2, 8, undefined, false, true, false]);
    const before = [...calls.model.graph.nodes].map(({ opType }) => opType);
    const report = await calls.lower([spectrum]);
    expect(report.changed).toBe(false);
    expect(report.unresolved[0]).toMatchObject({ code: 'custom-operator' });
    expect(report.unresolved[0]?.message).toContain('n_fft is not constant');
    expect([...calls.model.graph.nodes].map(({ opType }) => opType)).toEqual(before);
  });
});

describe('istft', () => {
  it.each<Config & { samples?: number }>([
    { length: 16, hop: 4, center: true },
    { length: 15, hop: 4, center: true },
    { length: 16, hop: 4, center: true, width: 12 },
    { length: 16, hop: 4, center: true, normalized: true },
    { length: 16, hop: 4, center: true, onesided: false },
    { length: 16, hop: 4, center: true, samples: 50 },
    { length: 16, hop: 4, center: true, samples: 70 },
    { length: 16, hop: 4, center: true, batch: 2 },
    { length: 16, hop: 4, center: true, opset: 11 },
    { length: 16, hop: 4, center: true, opset: 20 },
  ])('brings back the signal: $length $width $normalized $onesided $samples $opset', async (config) => {
    const { length, hop, width = length, normalized = false, onesided = true, samples, opset = 17, batch } = config;
    const signal = noise(batch === undefined ? [64] : [batch, 64]);
    const calls = await Calls.start({ opset });
    // Hamming: nowhere zero, so that every sample can be brought back.
    const weights = Float32Array.from({ length: width }, (_, i) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / width));
    const window = calls.constant({ dtype: 1, shape: [width], data: weights });
    const spectrum = calls.call('stft', [
      { live: signal },
      length,
      hop,
      width,
      window,
      true,
      'reflect',
      normalized,
      onesided,
      true,
    ]);
    const back = calls.call('istft', [
      spectrum,
      length,
      hop,
      width,
      window,
      true,
      normalized,
      onesided,
      samples,
      false,
    ]);
    const [result] = await calls.run([back]);
    // Odd frames leave out samples at the end: there is no half of them.
    const count = samples ?? (length % 2 === 0 ? 64 : 61);
    expect(result?.shape).toEqual(batch === undefined ? [count] : [batch, count]);
    const there = Math.min(count, 64);
    const data = rows(result as DenseTensor).flatMap((row) => [...row.subarray(0, there)]);
    const expected = rows(signal).flatMap((row) => [...row.subarray(0, there)]);
    expectClose(float([expected.length], data), [expected.length], expected);
  });

  it('takes the real view of frequencies, as before PyTorch 1.8', async () => {
    const spectrum = noise([5, 7, 2]);
    const result = await lowered('istft', [
      { live: spectrum, fixed: [0, 2] },
      8,
      2,
      8,
      undefined,
      true,
      false,
      true,
      undefined,
    ]);
    expect(result.shape).toEqual([12]);
  });
});
