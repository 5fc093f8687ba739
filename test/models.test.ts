import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../src/model/load.js';
import { allPasses } from '../src/passes/index.js';

describe('demo models', () => {
  it.each([
    ['causal-attention', 'causal'],
    ['sinusoid-positions', 'sinusoidal positions of base 10000'],
  ])('%s is broken by its %s, and can be repaired', async (name, defect) => {
    const model = await load(join(import.meta.dirname, `../models/${name}.onnx`));
    const reports = await model.transform(...allPasses());
    expect(reports.flatMap(({ edits }) => edits.map(({ what }) => what))).toEqual([defect]);
    expect(reports.flatMap(({ unresolved }) => unresolved)).toEqual([]);
    expect(Object.assign({}, ...reports.map(({ sizes }) => sizes))).toEqual({ time: 16 });
  });
});
