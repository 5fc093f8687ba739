import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainBaked } from '../../src/analysis/explained.js';
import { load } from '../../src/model/load.js';

describe('explainBaked', () => {
  it('diagnoses an untouched model once for each question', async () => {
    const model = await load(join(import.meta.dirname, '../../fixtures/baked_mask_pos/model.onnx'));
    const ask = (...traced: [string, number][]) => explainBaked(model, { traced: new Map(traced) });
    const first = ask();
    expect(explainBaked(model)).toBe(first);
    expect(ask()).toBe(first);
    const second = ask(['seq', 24]);
    expect(second).not.toBe(first);
    expect(ask(['seq', 24])).toBe(second);
    expect(ask(['seq', 25])).not.toBe(second);
    model.irVersion = (model.irVersion ?? 0) + 1;
    const later = ask(['seq', 25]);
    expect(ask(['seq', 25])).not.toBe(later);
  });
});
