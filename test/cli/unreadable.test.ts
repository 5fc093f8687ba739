import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.js';
import { tempDir } from '../support/temp-dir.js';
import { cli, recorder } from './harness.js';

const folder = tempDir();
const at = (name: string) => join(folder, name);
const healthy = join(import.meta.dirname, '../../fixtures/CONTROL_hann_window/model.onnx');

beforeAll(() => {
  const whole = readFileSync(healthy);
  mkdirSync(at('folder'));
  writeFileSync(at('empty.onnx'), '');
  writeFileSync(at('image.onnx'), '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  writeFileSync(at('text.onnx'), 'hello, world\n');
  writeFileSync(at('checkpoint.pt'), 'PK\x03\x04\x14\0', 'latin1');
  writeFileSync(at('pointer.onnx'), 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n');
  writeFileSync(
    at('random.onnx'),
    Uint8Array.from({ length: 500 }, (_, i) => (i * 197 + 91) % 256),
  );
  for (const part of [1, 3, 10, 60, 95, 99]) {
    writeFileSync(at(`cut-${part}.onnx`), whole.subarray(0, Math.floor((whole.length * part) / 100)));
  }
});

const cases: [name: string, sentence: RegExp][] = [
  ['missing.onnx', /missing.onnx: no such file$/],
  ['text.onnx/model.onnx', /model.onnx: part of the path is not a directory$/],
  ['folder', /folder: is a directory, not a file$/],
  ['empty.onnx', /empty.onnx: is empty: not an ONNX model$/],
  ['image.onnx', /is a PNG image, not an ONNX model$/],
  ['text.onnx', /is a text file, not an ONNX model$/],
  ['checkpoint.pt', /is a ZIP archive \(perhaps a PyTorch checkpoint\), not an ONNX model$/],
  ['pointer.onnx', /is a Git LFS pointer/],
  ['random.onnx', /is not an ONNX model/],
  ...[1, 3, 10, 60, 95, 99].map((part): [string, RegExp] => [
    `cut-${part}.onnx`,
    /is not an ONNX model, or is damaged/,
  ]),
];

describe.each(['fix', 'fix-masks', 'inspect', 'verify'])('%s', (command) => {
  it.each(cases)('refuses %s in one sentence', async (name, sentence) => {
    const before = readdirSync(folder);
    const argv = command === 'verify' ? [command, healthy, at(name)] : [command, at(name)];
    const { status, out, err } = await cli(...argv);
    expect(err.trimEnd()).toMatch(sentence);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, out }).toEqual({ status: 3, out: '' });
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('errors', () => {
  it('show where they come from when asked', async () => {
    const { io, texts } = recorder({ ONNX_SURGEON_DEBUG: '1' });
    expect(await run(['inspect', at('text.onnx')], io)).toBe(3);
    expect(texts.err).toMatch(/\n\s+at /);
  });

  it('do not keep other files from being looked at', async () => {
    const { status, out, err } = await cli('inspect', at('text.onnx'), healthy);
    expect(status).toBe(3);
    expect(out).toContain(healthy);
    expect(err).toContain('text.onnx');
  });
});
