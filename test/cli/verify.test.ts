import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';
import { writeBiasModel } from '../verify/models.js';
import { cli } from './harness.js';

const folder = tempDir();
const frozen = await writeBiasModel(folder, 'frozen.onnx', [1, 1, 1, 1, 1]);
const repaired = await writeBiasModel(folder, 'repaired.onnx', [1]);
const wrong = await writeBiasModel(folder, 'wrong.onnx', [2]);
const nearly = await writeBiasModel(folder, 'nearly.onnx', [1.00001]);
const fixture = join(import.meta.dirname, '../../fixtures/causal_bool_np_where');

describe('verify', () => {
  it('agrees at every size asked for', async () => {
    const { status, out, err } = await cli('verify', repaired, repaired, '--sizes', 'T=3,4', '--sizes', 'B=1,2');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toBe(
      ['T=3, B=1', 'T=3, B=2', 'T=4, B=1', 'T=4, B=2'].map((sizes) => `at ${sizes}: bit-identical\n`).join(''),
    );
  });

  it('says what differs, and fails', async () => {
    const { status, out, err } = await cli('verify', frozen, wrong, '--sizes', 'T=5', '--quiet');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain('at B=1, T=5: DIFFERENT: 5 of 5 elements of y differ, by up to 1\n');
  });

  it('fails when the candidate does not run, or nothing can be compared', async () => {
    const failed = await cli('verify', repaired, frozen, '--sizes', 'T=6');
    expect(failed).toMatchObject({ status: 1, err: expect.stringMatching(/FAILED: the candidate does not run/) });
    const none = await cli('verify', frozen, repaired, '--sizes', 'T=6');
    expect(none).toMatchObject({ status: 1, err: expect.stringMatching(/NOT COMPARED: the original does not run/) });
  });

  it('takes what is within tolerance, unless exactness is asked for', async () => {
    const args = ['verify', frozen, nearly, '--sizes', 'T=5'];
    expect(await cli(...args)).toMatchObject({ status: 0, out: expect.stringContaining('within tolerance') });
    expect(await cli(...args, '--exact')).toMatchObject({ status: 1 });
    expect(await cli(...args, '--rtol', '1e-9', '--atol', '0')).toMatchObject({ status: 1 });
  });

  it('runs the candidate on golden data', async () => {
    const model = join(fixture, 'model.onnx');
    const { status, out } = await cli('verify', model, model, '--sizes', 'time=20', '--data', fixture, '--json');
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      status: 1,
      exact: [{ verdict: 'identical', sizes: { time: 20 } }],
      dataSets: [{ ok: true }, { ok: false }, { ok: false }, { ok: false }],
    });
    expect(await cli('verify', model, model, '--data', folder)).toMatchObject({
      status: 3,
      err: expect.stringContaining('holds no test_data_set_* folders'),
    });
  });
});
