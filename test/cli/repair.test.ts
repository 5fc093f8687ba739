import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MakePasses, repair } from '../../src/cli/repair.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import type { Finding, PassReport } from '../../src/passes/pass.js';
import { tempDir } from '../support/temp-dir.js';
import { floats, writeBiasModel } from '../verify/models.js';
import { recorder } from './harness.js';

const fixture = join(import.meta.dirname, '../../fixtures/external_data');
const root = tempDir();
let count = 0;
let folder: string;
let input: string;
beforeEach(async () => {
  folder = join(root, String(++count));
  mkdirSync(folder);
  input = await writeBiasModel(folder, 'model.onnx', [1, 1, 1, 1, 1]);
});

/** A pass that replaces the frozen bias by the given ones, and reports what it is told to. */
function biasPass(bias: readonly number[] | undefined, report: Partial<PassReport> = {}): MakePasses {
  return async () => [
    {
      name: 'fix-bias',
      run: async (model: Model) => {
        const old = model.graph.value('bias');
        if (bias !== undefined && old !== undefined) {
          old.replaceAllUsesWith(model.graph.addInitializer('scalar', floats(...bias)));
          model.graph.removeInitializer(old);
        }
        const edit = { what: 'uniform bias', where: 'input 1 of Add', before: 'float[5]', after: 'float[1]' };
        const edits = bias === undefined ? [] : [edit];
        return {
          pass: 'fix-bias',
          changed: bias !== undefined,
          findings: [],
          edits,
          unresolved: [],
          sizes: { T: 5 },
          ...report,
        };
      },
    },
  ];
}

async function runRepair(makePasses: MakePasses, args: Record<string, unknown> = {}, answersForAll = false) {
  const { io, texts } = recorder();
  const status = await repair({ name: 'fix-bias', makePasses, answersForAll }, { model: [input], ...args }, io);
  return { status, ...texts };
}

const left: Finding = { code: 'learned', message: 'w: learned', node: 'Add', evidence: ['because'] };
const files = () => readdirSync(folder).sort();

describe('a repair that holds', () => {
  it('is written beside the input, verified, and described', async () => {
    const before = readFileSync(input);
    const { status, out, err } = await runRepair(biasPass([1]));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toBe(
      [
        `${input}: 1 edit, traced at T=5`,
        '  uniform bias at input 1 of Add: float[5] -> float[1]',
        '  verified: bit-identical to the original at B=1, T=5',
        '  verified: runs at B=1, T=12',
        `  written to ${join(folder, 'model.fixed.onnx')}`,
        '',
      ].join('\n'),
    );
    expect(files()).toEqual(['model.fixed.onnx', 'model.onnx']);
    expect(readFileSync(input)).toEqual(before);
    const fixed = await load(join(folder, 'model.fixed.onnx'));
    expect(fixed.graph.value('scalar')?.initializer?.dims).toEqual([1]);
  });

  it('is told as JSON', async () => {
    const output = join(folder, 'out.onnx');
    const { out, err } = await runRepair(biasPass([1]), { json: true, output });
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({
      command: 'fix-bias',
      files: [
        {
          input,
          output,
          status: 0,
          changed: true,
          passes: [{ pass: 'fix-bias', edits: [{ what: 'uniform bias' }] }],
          left: [],
          verification: { outcome: 'passed', repair: { exact: { verdict: 'identical' } } },
          error: null,
        },
      ],
    });
  });

  it('is silent when asked to be', async () => {
    expect(await runRepair(biasPass([1]), { quiet: true })).toEqual({ status: 0, out: '', err: '' });
  });

  it('replaces the input only when told to, and keeps its permissions', async () => {
    const { mode } = statSync(input);
    await runRepair(biasPass([1]), { 'in-place': true });
    expect(files()).toEqual(['model.onnx']);
    expect((await load(input)).graph.value('bias')).toBeUndefined();
    expect(statSync(input).mode).toBe(mode);
  });

  it('is only shown in a dry run', async () => {
    const { status, out } = await runRepair(biasPass([1]), { 'dry-run': true });
    expect(status).toBe(0);
    expect(out).toMatch(/1 edit.*dry run: .*model.fixed.onnx is not written/s);
    expect(files()).toEqual(['model.onnx']);
  });

  it('goes to a folder of its own, external data along with it', async () => {
    for (const name of ['model.onnx', 'weights.bin']) copyFileSync(join(fixture, name), join(folder, name));
    const rename: MakePasses = async () => [
      {
        name: 'rename',
        run: async (model: Model) => {
          model.docString = 'renamed';
          return { pass: 'rename', changed: true, findings: [], edits: [], unresolved: [] };
        },
      },
    ];
    const outDir = join(folder, 'new', 'place');
    const { status, err } = await runRepair(rename, { 'out-dir': outDir });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(readdirSync(outDir).sort()).toEqual(['model.onnx', 'weights.bin']);
    expect(readFileSync(join(outDir, 'weights.bin'))).toEqual(readFileSync(join(fixture, 'weights.bin')));
    writeFileSync(join(outDir, 'weights.bin'), 'something else');
    const second = await runRepair(rename, { 'out-dir': outDir });
    expect(second).toMatchObject({ status: 3, err: expect.stringContaining('is in the way') });
    expect(readFileSync(join(outDir, 'weights.bin'), 'utf8')).toBe('something else');
  });
});

describe('a repair that does not hold', () => {
  it('is not written when it changes values', async () => {
    const { status, err } = await runRepair(biasPass([1.5]));
    expect(status).toBe(1);
    expect(err).toMatch(/the result differs from the original at B=1, T=5: 5 of 5 elements of y differ, by up to 0.5/);
    expect(err).toMatch(/nothing is written/);
    expect(files()).toEqual(['model.onnx']);
  });

  it('is not written when it runs at the traced size only', async () => {
    const { status, err } = await runRepair(biasPass([1, 1, 1, 1, 1]));
    expect(status).toBe(1);
    expect(err).toMatch(/does not run at B=1, T=12: .*nothing is written/);
    expect(files()).toEqual(['model.onnx']);
  });

  it('is written unverified when told so', async () => {
    const { status, out } = await runRepair(biasPass([1.5]), { 'no-verify': true });
    expect(status).toBe(0);
    expect(out).not.toContain('verified');
    expect(files()).toEqual(['model.fixed.onnx', 'model.onnx']);
  });

  it('is held against sizes and golden data', async () => {
    const sizes = await runRepair(biasPass([1, 1, 1, 1, 1]), { sizes: ['T=5,6'] });
    expect(sizes).toMatchObject({ status: 1, err: expect.stringContaining('does not run at') });
    const golden = join(import.meta.dirname, '../../fixtures/causal_bool_np_where');
    const data = await runRepair(biasPass([1]), { data: golden });
    expect(data).toMatchObject({ status: 1, err: expect.stringContaining('test_data_set_0: ') });
    expect(files()).toEqual(['model.onnx']);
  });

  it('takes back external data that it copied', async () => {
    for (const name of ['model.onnx', 'weights.bin']) copyFileSync(join(fixture, name), join(folder, name));
    const outDir = join(folder, 'out');
    const breaking: MakePasses = async () => [
      {
        name: 'breaking',
        run: async ({ graph }: Model) => {
          const [output] = graph.outputs;
          const negated = graph.addNode({ opType: 'Neg', inputs: [output] }).outputs[0];
          output?.replaceAllUsesWith(negated as Value, { except: [...(negated?.producer ? [negated.producer] : [])] });
          return { pass: 'breaking', changed: true, findings: [], edits: [], unresolved: [] };
        },
      },
    ];
    const { status, err } = await runRepair(breaking, { 'out-dir': outDir });
    expect(status).toBe(1);
    expect(err).toContain('differs from the original');
    expect(readdirSync(outDir)).toEqual([]);
  });

  it('is reported when it cannot be written', async () => {
    mkdirSync(join(folder, 'locked'));
    chmodSync(join(folder, 'locked'), 0o500);
    const output = join(folder, 'locked', `${'x'.repeat(300)}.onnx`);
    const { status, err } = await runRepair(biasPass([1]), { output });
    expect(status).toBe(4);
    expect(err).toMatch(/x.onnx: cannot be written: (the name is too long|permission denied)\n$/);
    chmodSync(join(folder, 'locked'), 0o700);
  });

  it('leaves no trace of a pass that fails', async () => {
    const failing: MakePasses = async () => [
      {
        name: 'failing',
        run: () => Promise.reject(new TypeError('that was\nunexpected')),
      },
    ];
    const { status, out, err } = await runRepair(failing);
    expect({ status, out }).toEqual({ status: 4, out: '' });
    expect(err).toBe(
      `onnx-surgeon: ${input}: internal error: that was unexpected (set ONNX_SURGEON_DEBUG=1 to see where)\n`,
    );
    expect(files()).toEqual(['model.onnx']);
  });
});

describe('what cannot be repaired', () => {
  it('is listed with the reason, and nothing is written', async () => {
    const { status, out, err } = await runRepair(biasPass([1], { unresolved: [left] }));
    expect(status).toBe(1);
    expect(out).toMatch(/left: w: learned \(Add\)\n {4}because/);
    expect(err).toMatch(/1 defect left: w: learned; nothing is written/);
    expect(files()).toEqual(['model.onnx']);
  });

  it('does not keep the rest from being written with --partial', async () => {
    const { status, err } = await runRepair(biasPass([1], { unresolved: [left] }), { partial: true });
    expect(status).toBe(1);
    expect(err).toMatch(/1 defect left: w: learned\n/);
    expect(files()).toEqual(['model.fixed.onnx', 'model.onnx']);
  });

  it('is no matter of the command when it belongs to another', async () => {
    const pass = biasPass(undefined, { others: [left] });
    expect(await runRepair(pass)).toMatchObject({
      status: 0,
      out: `${input}: nothing to repair\n  also seen: 1 defect of other kinds; --json names them\n`,
      err: '',
    });
    expect(await runRepair(pass, {}, true)).toMatchObject({ status: 1, err: expect.stringContaining('1 defect left') });
  });
});

describe('a model with nothing to repair', () => {
  it('is said to be so, and nothing is written', async () => {
    expect(await runRepair(biasPass(undefined))).toEqual({ status: 0, out: `${input}: nothing to repair\n`, err: '' });
    expect(files()).toEqual(['model.onnx']);
  });

  it('is copied byte for byte when an output is asked for', async () => {
    const output = join(folder, 'copy.onnx');
    const { status, out } = await runRepair(biasPass(undefined), { output });
    expect({ status, out }).toEqual({
      status: 0,
      out: `${input}: nothing to repair\n  written to ${output}, an identical copy\n`,
    });
    expect(readFileSync(output)).toEqual(readFileSync(input));
    writeFileSync(output, 'old');
    await runRepair(biasPass(undefined), { output, 'dry-run': true });
    expect(readFileSync(output, 'utf8')).toBe('old');
  });
});

describe('several inputs', () => {
  it('are repaired one by one; one that cannot be read keeps none of the others back', async () => {
    const other = await writeBiasModel(folder, 'other.onnx', [1, 1, 1, 1, 1]);
    const missing = join(folder, 'missing.onnx');
    const outDir = join(folder, 'out');
    const { status, err } = await runRepair(biasPass([1]), { model: [missing, input, other], 'out-dir': outDir });
    expect(status).toBe(3);
    expect(err).toBe(`onnx-surgeon: ${missing}: no such file\n`);
    expect(readdirSync(outDir).sort()).toEqual(['model.onnx', 'other.onnx']);
  });
});
