import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitions as concatSplit } from '../../src/ops/families/concat-split.js';
import { definitions as creation } from '../../src/ops/families/creation.js';
import { definitions as expandTile } from '../../src/ops/families/expand-tile.js';
import { definitions as gather } from '../../src/ops/families/gather.js';
import { definitions as pad } from '../../src/ops/families/pad.js';
import { definitions as rearrange } from '../../src/ops/families/rearrange.js';
import { definitions as reshape } from '../../src/ops/families/reshape.js';
import { definitions as scatter } from '../../src/ops/families/scatter.js';
import { definitions as selection } from '../../src/ops/families/selection.js';
import { definitions as shape } from '../../src/ops/families/shape.js';
import { definitions as slice } from '../../src/ops/families/slice.js';
import { definitions as unique } from '../../src/ops/families/unique.js';
import { EvaluationError } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import { elementCount } from '../../src/tensor/dense.js';
import { evaluateOp, facts, float, inferOp, int32, int64 } from './harness.js';

const families = [
  ...[shape, creation, reshape, rearrange, concatSplit, slice, expandTile],
  ...[gather, scatter, pad, selection, unique],
];
const names = families.flat().map(({ name }) => name);

const int = fc.constantFrom(-3, -1, 0, 1, 2, 5, 2 ** 40);
const ints = fc.array(int, { maxLength: 5 });
const named = <T>(keys: readonly string[], value: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });

const attributes = fc
  .tuple(
    named(['perm', 'axes', 'shape', 'split', 'starts', 'ends', 'pads', 'paddings', 'value_ints'], ints),
    named(['axis', 'allowzero', 'batch_dims', 'blocksize', 'k', 'upper', 'num_outputs', 'start', 'end', 'sorted'], int),
    named(['mode', 'reduction'], fc.constantFrom('', 'constant', 'reflect', 'wrap', 'add', 'mul', 'CRD', 'circular')),
  )
  .map((parts) => Object.assign({}, ...parts) as Record<string, number>);

const opset = fc.constantFrom(1, 7, 10, 13, 17, 20, 24);
const dim = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 2 ** 40).map((n) => Dim.of(n)),
  fc.constantFrom('T', 'B', 'T - 7', 'min(T, 5)', 'T//4').map((name) => Dim.parse(name)),
  fc.constant(undefined),
);
const input = fc.oneof(
  fc.constant(undefined),
  fc.constant(facts(undefined, undefined)),
  fc.array(dim, { maxLength: 5 }).map((sizes) => facts(1, sizes)),
  fc
    .array(fc.oneof(int, fc.constantFrom('T', '-T', 'T//2', 'T - 9'), fc.constant(undefined)), { maxLength: 5 })
    .map((content) =>
      facts(
        7,
        [content.length],
        content.map((e) => (typeof e === 'number' ? Dim.of(e) : e)),
      ),
    ),
);

const tensor = fc
  .array(fc.constantFrom(0, 1, 2, 3), { maxLength: 3 })
  .chain((sizes) =>
    fc.tuple(
      fc.constant(sizes),
      fc.array(int, { minLength: elementCount(sizes), maxLength: elementCount(sizes) }),
      fc.constantFrom(float, int32, int64),
    ),
  )
  .map(([sizes, values, make]) => make(values, sizes));

describe.each(names)('%s', (name) => {
  test('has a rule that never throws, whatever a model says', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 5 }), attributes, opset, fc.integer({ min: 1, max: 4 }), (...run) => {
        const [inputs, given, version, outputs] = run;
        const said = inferOp(name, inputs, { attributes: given, opset: version, outputs });
        expect(said.outputs).toHaveLength(outputs);
      }),
      { numRuns: 300 },
    );
  });

  test('computes, or says why it cannot', () => {
    const inputs = fc.array(fc.option(tensor, { nil: undefined, freq: 8 }), { maxLength: 5 });
    fc.assert(
      fc.property(inputs, attributes, opset, (values, given, version) => {
        try {
          for (const output of evaluateOp(name, values, { attributes: given, opset: version })) {
            expect(output.data).toHaveLength(elementCount(output.shape));
            expect(output.shape.every((size) => Number.isInteger(size) && size >= 0)).toBe(true);
          }
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});
