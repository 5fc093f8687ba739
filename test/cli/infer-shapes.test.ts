import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import { tempDir } from '../support/temp-dir.js';
import { writeBiasModel } from '../verify/models.js';
import { cli } from './harness.js';

const fixtures = join(import.meta.dirname, '../../fixtures');
const separator = join(fixtures, 'separator_relpos_1000/model.onnx');
const folder = tempDir();

describe('infer-shapes', () => {
  it('writes beside the input what it knows', async () => {
    const path = await writeBiasModel(folder, 'bias.onnx', [1, 2], ['B', undefined, 2]);
    const { status, out, err } = await cli('infer-shapes', path);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain(`${path}: 2 declared, 0 not known in full`);
    const { graph } = await load(join(folder, 'bias.inferred.onnx'));
    expect(graph.value('y')?.declared).toEqual({ kind: 'tensor', elemType: 1, shape: ['B', 'x_dim_1', 2] });
  });

  it('writes many files into a folder, and tells programs about each', async () => {
    const paths = ['a', 'b'].map((name) => join(folder, `${name}.onnx`));
    for (const path of paths) copyFileSync(separator, path);
    const target = join(folder, 'new/folder');
    const { status, out } = await cli('infer-shapes', '--json', '--out-dir', target, ...paths);
    expect(status).toBe(0);
    const { command, files } = JSON.parse(out);
    expect(command).toBe('infer-shapes');
    expect(files.map(({ output }: { output: string }) => output)).toEqual([
      join(target, 'a.onnx'),
      join(target, 'b.onnx'),
    ]);
    expect(files[0].declared.length).toBeGreaterThan(400);
    expect(readFileSync(join(target, 'a.onnx')).equals(readFileSync(join(target, 'b.onnx')))).toBe(true);
  });

  it('writes nothing in a dry run, and the other files when one is unreadable', async () => {
    const dry = join(folder, 'dry.onnx');
    expect((await cli('infer-shapes', '--dry-run', separator, '-o', dry)).status).toBe(0);
    expect(existsSync(dry)).toBe(false);
    const broken = join(folder, 'broken.onnx');
    writeFileSync(broken, 'no model');
    mkdirSync(join(folder, 'out'));
    const { status, err } = await cli('infer-shapes', '-q', '--out-dir', join(folder, 'out'), broken, separator);
    expect(status).toBe(3);
    expect(err).toMatch(/^onnx-surgeon: .*broken\.onnx: /);
    expect(existsSync(join(folder, 'out/model.onnx'))).toBe(true);
  });

  it('takes external data along', async () => {
    const target = join(folder, 'external');
    const { status } = await cli('infer-shapes', join(fixtures, 'external_data/model.onnx'), '--out-dir', target);
    expect(status).toBe(0);
    expect(existsSync(join(target, 'weights.bin'))).toBe(true);
  });
});

describe('inspect --values', () => {
  it('shows types, shapes and elements', async () => {
    const { out } = await cli('inspect', '--values', separator);
    expect(out).toMatch(/^ {2}feature: float\[batch, time, 8\]$/m);
    expect(out).toMatch(/^ {2}\S+: int64\[\d\] = .*(batch|time).* {2}\(Concat\)$/m);
  });

  it('tells programs the same, and why something is unknown', async () => {
    const path = join(fixtures, 'if_in_loop_scripted/model.onnx');
    const { out } = await cli('inspect', '--values', '--json', path);
    const { values } = JSON.parse(out).files[0];
    expect(Math.max(...values.map(({ depth }: { depth: number }) => depth))).toBe(2);
    for (const { type, reason } of values) if (type === null) expect(reason).not.toBeNull();
  });
});

describe('ops', () => {
  it('lists what is inferred and evaluated', async () => {
    const { status, out } = await cli('ops');
    expect(status).toBe(0);
    expect(out).toMatch(/^ {2}Reshape +inferred, evaluated$/m);
    expect(out).toMatch(/^ {2}Conv +inferred$/m);
    expect(out).toMatch(/^com\.microsoft: \d+ operators/m);
  });

  it('tells programs the versions too', async () => {
    const { ops } = JSON.parse((await cli('ops', '--json')).out);
    expect(ops).toContainEqual({
      domain: 'ai.onnx',
      name: 'Softmax',
      infers: true,
      evaluates: true,
      versions: [1, 11, 13],
    });
    const evaluated = ops.filter(({ evaluates }: { evaluates: boolean }) => evaluates);
    expect(evaluated.length).toBeGreaterThanOrEqual(90);
  });

  it('has written docs/operators.md, as `npm run docs` does again', async () => {
    const { out } = await cli('ops', '--markdown');
    expect(readFileSync(join(import.meta.dirname, '../../docs/operators.md'), 'utf8')).toBe(out);
  });
});
