import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { infer } from '../../../src/analysis/infer.js';
import { load } from '../../../src/model/load.js';
import { backendCases } from '../../support/backend-cases.js';
import { contradiction } from '../../support/close.js';
import { decodeTensorFile } from '../../support/onnx-proto.js';
import { readTarGz } from '../../support/tar.js';

const ARCHIVE = fileURLToPath(new URL('../../data/backend-node-tests.tar.gz', import.meta.url));
const OPERATORS =
  /^(If|Loop|Scan|Sequence\w+|SplitToSequence|ConcatFromSequence|Optional\w*|String\w+|ai\.onnx\.ml.*)$/;
const files = readTarGz(ARCHIVE);
const cases = backendCases().filter(({ ops }) => ops.some((op) => OPERATORS.test(op)));

/** Backend tests with subgraphs, sequences and optionals, through the inference of whole models. */
describe('backend node tests of onnx', () => {
  test('cover these operators', () => {
    expect(cases.length).toBeGreaterThan(60);
  });

  test.each(cases)('$name', async ({ name, dataSets }) => {
    const model = await load(files.get(`backend-node-tests/${name}/model.onnx`) as Uint8Array);
    const inference = infer(model);
    expect(inference.conflicts).toEqual([]);
    model.graph.outputs.forEach((output, i) => {
      const facts = inference.facts(output);
      expect(facts?.kind, output.name).toBe(output.declared?.kind);
      if (facts?.kind !== 'tensor' || output.declared?.kind !== 'tensor') return;
      expect(facts.dtype).toBe(output.declared.elemType);
      const expected = dataSets[0]?.get(`output_${i}.pb`);
      if (expected !== undefined) expect(contradiction(facts, decodeTensorFile(expected))).toBeUndefined();
    });
  });
});
