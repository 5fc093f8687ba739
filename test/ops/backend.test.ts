import { describe, expect, test } from 'vitest';
import { backendCases, tensorsOf } from '../support/backend-cases.js';
import { contradiction, difference } from '../support/close.js';
import { isClaimed, runGraph } from '../support/run-graph.js';

const filter = new RegExp(process.env['BACKEND'] ?? '');
const cases = backendCases().filter(({ name, ops, tensorsOnly }) => tensorsOnly && isClaimed(ops) && filter.test(name));

describe('backend node tests of onnx', () => {
  test.each(cases)('$name', ({ model, dataSets, rtol, atol }) => {
    for (const set of dataSets) {
      const { outputs, inferred, conflicts } = runGraph(model(), tensorsOf(set, 'input'));
      tensorsOf(set, 'output').forEach((expected, i) => {
        expect(difference(outputs[i], expected, rtol, atol), `output ${i}`).toBeUndefined();
        expect(contradiction(inferred[i], expected), `inferred output ${i}`).toBeUndefined();
      });
      expect(conflicts).toEqual([]);
    }
  });
});
