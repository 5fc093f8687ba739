import { describe, expect, test } from 'vitest';
import { allOps } from '../../src/ops/registry.js';
import { DataType } from '../../src/tensor/dtype.js';
import { backendCases, tensorsOf } from '../support/backend-cases.js';
import { contradiction, difference } from '../support/close.js';
import { isClaimed, runGraph } from '../support/run-graph.js';

// Results of training are random.
const isRandom = /^test_training_dropout(?!.*zero_ratio)/;
const cases = backendCases().filter(
  ({ name, ops, tensorsOnly }) => tensorsOnly && isClaimed(ops) && !isRandom.test(name),
);

/** A unit in the last place of the 16-bit floats is more than the tolerance that onnx states. */
function tolerance(dtype: number, rtol: number): number {
  if (dtype === DataType.BFLOAT16) return Math.max(rtol, 2 ** -6);
  return dtype === DataType.FLOAT16 ? Math.max(rtol, 2 ** -9) : rtol;
}

test('what evaluation claims is a good part of all', () => {
  expect(cases.length).toBeGreaterThan(1300);
  expect(new Set(cases.flatMap(({ ops }) => ops)).size).toBeGreaterThan(130);
});

test('every operator of ai.onnx that is claimed has a case', () => {
  const covered = new Set(cases.flatMap(({ ops }) => ops));
  const claimed = allOps().filter(({ domain = '', evaluate }) => domain === '' && evaluate !== undefined);
  expect(claimed.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
});

describe('backend node tests of onnx', () => {
  test.each(cases)('$name', ({ model, dataSets, rtol, atol }) => {
    for (const set of dataSets) {
      const { outputs, inferred, conflicts } = runGraph(model(), tensorsOf(set, 'input'));
      tensorsOf(set, 'output').forEach((expected, i) => {
        const relative = tolerance(expected.dtype, rtol);
        expect(difference(outputs[i], expected, relative, atol), `output ${i}`).toBeUndefined();
        expect(contradiction(inferred[i], expected), `inferred output ${i}`).toBeUndefined();
      });
      expect(conflicts).toEqual([]);
    }
  });
});
