import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { byteSize } from '../../src/cli/args.js';
import { ProgressBar } from '../../src/cli/progress.js';
import { load } from '../../src/model/load.js';
import { walkTensors } from '../../src/model/tensor-walk.js';
import { tempDir } from '../support/temp-dir.js';
import { cli, recorder } from './harness.js';

const fixtures = join(import.meta.dirname, '../../fixtures');
const root = tempDir();
let count = 0;
let folder: string;
let input: string;
const at = (...names: string[]) => join(folder, ...names);
const files = (path = folder) => readdirSync(path).sort();

beforeEach(() => {
  folder = join(root, String(++count));
  mkdirSync(folder);
  input = at('model.onnx');
  copyFileSync(join(fixtures, 'separator_relpos_1000/model.onnx'), input);
});

/** Names of the files that hold a model's weights, besides its own. */
async function locations(path: string): Promise<string[]> {
  const model = await load(path);
  const names = new Set([...walkTensors(model)].flatMap(({ tensor }) => tensor.external?.location ?? []));
  model.close();
  return [...names].sort();
}

function externalModel(): void {
  for (const name of ['model.onnx', 'weights.bin']) copyFileSync(join(fixtures, 'external_data', name), at(name));
}

describe('--external split', () => {
  it('writes data files named after the result, verified as they are', async () => {
    const { status, out, err } = await cli('fix', input, '--external', 'split=20KB');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/verified: bit-identical/);
    expect(out).toMatch(/written to .*model.fixed.onnx, with 3 data files\n/);
    const data = ['', '.1', '.2'].map((n) => `model.fixed.onnx${n}.data`).sort();
    expect(files()).toEqual([...['model.fixed.onnx', ...data], 'model.onnx'].sort());
    expect(await locations(at('model.fixed.onnx'))).toEqual(data);
    expect(statSync(at('model.fixed.onnx.data')).size).toBeLessThanOrEqual(20_000);
    expect(await cli('verify', input, at('model.fixed.onnx'))).toMatchObject({ status: 0 });
  });

  it('replaces no data file that is there', async () => {
    writeFileSync(at('model.fixed.onnx.data'), 'mine');
    const { status } = await cli('fix', input, '--external', 'split=1GB', '-q');
    expect(status).toBe(0);
    expect(readFileSync(at('model.fixed.onnx.data'), 'utf8')).toBe('mine');
    expect(await locations(at('model.fixed.onnx'))).toEqual(['model.fixed.onnx.1.data']);
  });

  it('replaces the input by a result in several files', async () => {
    expect(await cli('fix', input, '--in-place', '--external', 'split=1GB', '-q')).toMatchObject({ status: 0 });
    expect(files()).toEqual(['model.onnx', 'model.onnx.data']);
    expect(await cli('fix', input)).toMatchObject({ status: 0, out: expect.stringContaining('nothing to repair') });
  });

  it('leaves nothing behind when the result does not hold', async () => {
    const golden = join(fixtures, 'causal_bool_np_where');
    const { status, err } = await cli('fix', input, '--external', 'split=20KB', '--data', golden);
    expect({ status, err }).toMatchObject({ status: 1, err: expect.stringContaining('nothing is written') });
    expect(files()).toEqual(['model.onnx']);
  });

  it('tells programs which files there are', async () => {
    const { out } = await cli('fix', input, '--external', 'split=1GB', '--json');
    expect(JSON.parse(out).files[0].dataFiles).toEqual([at('model.fixed.onnx.data')]);
  });
});

describe('--overlay', () => {
  it('writes a small file that refers to the original', async () => {
    const { status, out } = await cli('fix', input, '--overlay');
    expect(status).toBe(0);
    expect(out).toMatch(/verified: bit-identical.*written to .*; it needs model.onnx beside it, unchanged\n/s);
    expect(files()).toEqual(['model.fixed.onnx', 'model.onnx']);
    expect(await locations(at('model.fixed.onnx'))).toEqual(['model.onnx']);
    expect(statSync(at('model.fixed.onnx')).size).toBeLessThan(statSync(input).size / 5);
  });

  it('is made of what infer-shapes writes, and can be made whole again', async () => {
    expect(await cli('infer-shapes', input, '--overlay', '-o', at('small.onnx'))).toMatchObject({ status: 0 });
    expect(await locations(at('small.onnx'))).toEqual(['model.onnx']);
    await cli('infer-shapes', at('small.onnx'), '--external', 'inline', '-o', at('whole.onnx'));
    expect(await locations(at('whole.onnx'))).toEqual([]);
    expect(await cli('verify', input, at('whole.onnx'), '--exact')).toMatchObject({ status: 0 });
  });

  it('is refused where it could not be read', async () => {
    mkdirSync(at('other'));
    mkdirSync(at('linked'));
    symlinkSync(input, at('linked', 'link.onnx'));
    const cases: [string[], RegExp][] = [
      [[input, '-o', at('other/x.onnx')], /an overlay refers to model.onnx beside it; write it to/],
      [[input, '--out-dir', at('new')], /an overlay refers to model.onnx beside it/],
      [[at('linked/link.onnx')], /an overlay refers to model.onnx beside it/],
      [[input, '--in-place'], /cannot be combined with --in-place/],
      [[input, '--external', 'keep'], /--overlay and --external exclude each other/],
    ];
    for (const [argv, sentence] of cases) {
      for (const command of ['fix', 'infer-shapes']) {
        const { status, out, err } = await cli(command, '--overlay', ...argv);
        expect({ status, out, err }).toEqual({ status: 2, out: '', err: expect.stringMatching(sentence) });
      }
    }
    linkSync(input, at('hard.onnx'));
    expect(await cli('fix', input, '--overlay')).toMatchObject({
      status: 2,
      err: expect.stringContaining('hard links'),
    });
    expect([files(), files(at('other'))]).toEqual([['hard.onnx', 'linked', 'model.onnx', 'other'], []]);
  });

  it('cannot be written over its original, which holds its weights', async () => {
    await cli('fix', input, '--overlay', '-q');
    const before = readFileSync(input);
    mkdirSync(at('other'));
    for (const output of [input, at('other/model.onnx')]) {
      for (const command of ['fix', 'infer-shapes']) {
        const { status, err } = await cli(command, at('model.fixed.onnx'), '-o', output);
        expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining('holds weights of') });
      }
    }
    expect(readFileSync(input).equals(before)).toBe(true);
    expect(files(at('other'))).toEqual([]);
  });
});

describe('--external', () => {
  it('takes data files in, takes them along, or leaves them', async () => {
    externalModel();
    for (const mode of ['inline', 'copy', 'keep']) mkdirSync(at(mode));
    for (const mode of ['inline', 'copy']) {
      const { status } = await cli('infer-shapes', input, '--external', mode, '-o', at(mode, 'm.onnx'));
      expect(status).toBe(0);
    }
    expect([files(at('inline')), files(at('copy'))]).toEqual([['m.onnx'], ['m.onnx', 'weights.bin']]);
    const kept = ['infer-shapes', input, '--external', 'keep', '-o', at('keep', 'm.onnx')];
    const { status, err } = await cli(...kept);
    expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining('which is not beside it') });
    expect(files(at('keep'))).toEqual([]);
    copyFileSync(at('weights.bin'), at('keep', 'weights.bin'));
    expect(await cli(...kept)).toMatchObject({ status: 0 });
    expect(await locations(at('keep', 'm.onnx'))).toEqual(['weights.bin']);
  });

  it('does not call a copy identical when weights move', async () => {
    externalModel();
    await cli('fix', input, '-o', at('healthy.onnx'), '-q');
    const { out } = await cli('fix', at('healthy.onnx'), '-o', at('whole.onnx'), '--external', 'inline');
    expect(out).toMatch(/nothing to repair\n {2}written to \S+whole.onnx\n/);
  });

  it.each([
    ['split', /write keep, copy, inline or split=SIZE/],
    ['foo', /write keep, copy, inline or split=SIZE/],
    ['split=2XB', /'2XB' is not a size/],
    ['split=0', /'0' is not a size/],
  ])('refuses %s', async (mode, sentence) => {
    const { status, err } = await cli('fix', input, '--external', mode);
    expect({ status, err }).toEqual({ status: 2, err: expect.stringMatching(sentence) });
  });

  it('reads sizes as people write them', () => {
    const sizes = ['4096', '2GB', '500mb', '1.5k', '2GiB', '1KiB', '1TB', '7B'].map((size) =>
      byteSize('external', size),
    );
    expect(sizes).toEqual([4096, 2e9, 5e8, 1500, 2 ** 31, 1024, 1e12, 7]);
  });
});

describe.each(['fix', 'infer-shapes'])('%s', (command) => {
  const modes = [[], ['--overlay'], ...['inline', 'copy', 'split=1GB'].map((mode) => ['--external', mode])];

  /** Everything is told in one sentence, and nothing is written. */
  async function refuses(sentence: RegExp): Promise<void> {
    const before = files();
    for (const mode of modes) {
      const { status, out, err } = await cli(command, input, ...mode);
      expect(err).toMatch(sentence);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      expect({ status, out }).toEqual({ status: 3, out: '' });
      expect(files()).toEqual(before);
    }
  }

  it('says which data file is missing', async () => {
    copyFileSync(join(fixtures, 'external_data/model.onnx'), input);
    await refuses(/weights.bin: does not exist; the model's external data is there\n$/);
  });

  it('says which data file is too short', async () => {
    externalModel();
    writeFileSync(at('weights.bin'), readFileSync(at('weights.bin')).subarray(0, 20_000));
    await refuses(/weights.bin: is too short: \d+ bytes at offset \d+ are needed, the file has 20000\n$/);
  });

  it('does not follow data out of the folder', async () => {
    externalModel();
    // As long as the name that was there, so that no length in the file changes.
    writeFileSync(input, readFileSync(input, 'latin1').replaceAll('weights.bin', '../weight.b'), 'latin1');
    await refuses(/external data "..\/weight.b" is not a path inside the model's folder\n$/);
    externalModel();
    rmSync(at('weights.bin'));
    symlinkSync(join(fixtures, 'external_data/weights.bin'), at('weights.bin'));
    await refuses(/external data "weights.bin" is a link out of the model's folder\n$/);
  });

  it.skipIf(!existsSync('/proc/self'))('says so when the folder takes no files', async () => {
    const { status, err } = await cli(command, input, '--out-dir', '/proc/self/none');
    expect(status).toBe(4);
    expect(err).toMatch(/\/proc\/self\/none\/model.onnx: cannot be written: .+\n$/);
  });
});

describe('the progress bar', () => {
  it('appears when a write takes long, and goes away', () => {
    const { io, texts } = recorder();
    let time = 0;
    const bar = new ProgressBar('writing x.onnx', io, () => time);
    bar.update(1e9, 4e9);
    expect(texts.err).toBe('');
    time = 600;
    bar.update(2e9, 4e9);
    expect(texts.err).toBe(`\r\x1b[Kwriting x.onnx [${'#'.repeat(15)}${'.'.repeat(15)}] 50 %, 2.0 of 4.0 GB`);
    bar.end();
    bar.end();
    expect(texts.err.split('\r\x1b[K')).toHaveLength(3);
    expect(texts.err.endsWith('GB\r\x1b[K')).toBe(true);
  });

  it('does not appear for quick writes', () => {
    const { io, texts } = recorder();
    const bar = new ProgressBar('writing', io, () => 0);
    bar.update(5, 5);
    bar.end();
    expect(texts.err).toBe('');
  });
});
