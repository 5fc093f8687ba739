import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';
import { writeBiasModel } from '../verify/models.js';
import { cli } from './harness.js';

const fixtures = join(import.meta.dirname, '../../fixtures');
const folder = tempDir();

describe('inspect', () => {
  it('shows sizes, operator sets, operators and constants', async () => {
    const path = join(fixtures, 'separator_relpos_1000/model.onnx');
    const { status, out } = await cli('inspect', path);
    expect(status).toBe(0);
    for (const line of [
      path,
      '  size       781.8 KiB, of which constants',
      '  producer   pytorch 1.13.1',
      '  opset      ai.onnx 14',
      '  input      feature: float[batch, time, 8]',
      '  output     enhanced: float[batch, time, 8]',
      '  nodes      488',
      '             149 Constant',
    ]) {
      expect(out).toContain(line);
    }
  });

  it('tells programs the same', async () => {
    const path = await writeBiasModel(folder, 'bias.onnx', [1, 2], ['B', undefined, 2]);
    const { out } = await cli('inspect', path, '--json');
    expect(JSON.parse(out)).toEqual({
      command: 'inspect',
      files: [
        expect.objectContaining({
          path,
          opsets: { '': 17 },
          inputs: [{ name: 'x', type: 'float', dims: ['B', null, 2] }],
          outputs: [{ name: 'y', type: null, dims: null }],
          constants: { count: 1, byteLength: 8 },
          nodeCount: 1,
          operators: { Add: 1 },
          metadata: {},
          externalData: [],
        }),
      ],
    });
  });

  it('names what constants are', async () => {
    const path = join(fixtures, 'causal_bool_np_where/model.onnx');
    const { out } = await cli('inspect', '--constants', path);
    expect(out).toMatch(/: bool\[1,1,20,20\] causal 20x20 \(and 1 more\)/);
    const json = JSON.parse((await cli('inspect', '--constants', '--json', path)).out);
    expect(json.files[0].identified).toContainEqual(
      expect.objectContaining({ type: 'bool', dims: [1, 1, 20, 20], what: 'causal 20x20' }),
    );
  });

  it('names external data, functions, metadata and nodes in subgraphs', async () => {
    const show = async (name: string) => {
      const { out } = await cli('inspect', '--json', join(fixtures, name, 'model.onnx'));
      return JSON.parse(out).files[0];
    };
    expect((await show('external_data')).externalData).toEqual(['weights.bin']);
    expect((await show('functions_modules_as_functions')).functions.length).toBeGreaterThan(0);
    expect(Object.keys((await show('typed_fields_metadata')).metadata).length).toBeGreaterThan(0);
    expect((await show('if_in_loop_scripted')).operators).toMatchObject({ If: 1, Loop: 1 });
  });
});
