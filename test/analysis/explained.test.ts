import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { earlierDiagnosis } from '../../src/analysis/earlier-diagnosis.js';
import { explainBaked } from '../../src/analysis/explained.js';
import { load } from '../../src/model/load.js';
import { serialize } from '../../src/model/save.js';
import { fixMasks } from '../../src/passes/fix-masks.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { DataType } from '../../src/tensor/dtype.js';

describe('explainBaked', () => {
  it('diagnoses a model once for each question, until somebody edits it', async () => {
    const model = await load(join(import.meta.dirname, '../../fixtures/baked_mask_pos/model.onnx'));
    const ask = (...traced: [string, number][]) => explainBaked(model, { traced: new Map(traced) });
    const first = ask();
    expect(explainBaked(model)).toBe(first);
    expect(ask()).toBe(first);
    const second = ask(['seq', 24]);
    expect(second).not.toBe(first);
    expect(ask(['seq', 24])).toBe(second);
    expect(ask(['seq', 25])).not.toBe(second);
    const before = ask(['seq', 25]);
    for (const edit of [
      () => (model.irVersion += 1),
      () => model.graph.addInput('first', DataType.FLOAT, []),
      () => model.graph.addInput('second', DataType.FLOAT, []),
    ]) {
      const { revision } = model;
      edit();
      expect(model.revision).toBeGreaterThan(revision);
      expect(ask(['seq', 25])).not.toBe(before);
    }
  });

  it('starts from what is left of the last diagnosis when all edits since were repairs of it', async () => {
    const model = await load(join(import.meta.dirname, '../../fixtures/baked_mask_pos/model.onnx'));
    const names = (diagnosis: ReturnType<typeof explainBaked>) =>
      diagnosis.constants.map(({ baked }) => baked.value.name);
    const first = explainBaked(model);
    await model.transform(fixShapes(), fixMasks());
    const earlier = earlierDiagnosis(model, undefined);
    expect(earlier?.numbers.length).toBeGreaterThan(0);
    const left = new Set(earlier?.numbers.map(({ cell }) => cell.value.name));
    const then = explainBaked(model);
    expect([...left].sort()).toEqual([...new Set(names(then))].sort());
    expect(names(first)).toEqual(expect.arrayContaining([...left]));
    expect(names(first).length).toBeGreaterThan(left.size);
    // The same as somebody finds who knows nothing of the earlier one.
    expect(names(explainBaked(await load(await serialize(model))))).toEqual(names(then));
    const again = explainBaked(model, { traced: new Map([['seq', 24]]) });
    then.constants.forEach((each, i) => {
      expect(again.constants[i]?.explanation).toBe(each.explanation);
    });
    expect(earlierDiagnosis(model, { x: [1] })).toBeUndefined();
    model.producerName = 'somebody else';
    expect(earlierDiagnosis(model, undefined)).toBeUndefined();
  });

  it('knows that nothing is left once all of it was repaired', async () => {
    const model = await load(join(import.meta.dirname, '../../fixtures/causal_float_neginf_add/model.onnx'));
    const { revision } = model;
    await model.transform(fixMasks());
    expect(model.revision).toBeGreaterThan(revision);
    const then = explainBaked(model);
    expect(then.constants).toEqual([]);
    // It was not inferred again; who does so finds nothing either.
    expect(then.inference.revision).toBe(revision);
    expect(explainBaked(await load(await serialize(model))).constants).toEqual([]);
  });
});
