import { describe, expect, it } from 'vitest';
import { verifyResult } from '../../src/cli/verification.js';
import { RuntimeUnavailableError } from '../../src/verify/errors.js';
import { Runtime } from '../../src/verify/runtime.js';

/** A machine without onnxruntime. */
class Missing extends Runtime {
  override start(): Promise<void> {
    return Promise.reject(new RuntimeUnavailableError('onnxruntime-node is not installed'));
  }
}

describe('verifyResult', () => {
  it('says that nothing is verified where onnxruntime is not installed', async () => {
    const runtime = new Missing();
    expect(await runtime.isAvailable()).toBe(false);
    const request = { runtime, sizes: {}, values: {}, runAt: [], data: undefined, tolerance: {}, isPartial: false };
    expect(await verifyResult('a.onnx', 'b.onnx', request)).toEqual({
      outcome: 'unavailable',
      shown: [],
      doubts: ['onnxruntime-node is not installed; nothing is verified'],
    });
  });
});
