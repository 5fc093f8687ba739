import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitions as activation } from '../../src/ops/families/activation.js';
import { definitions as arithmetic } from '../../src/ops/families/arithmetic.js';
import { definitions as cast } from '../../src/ops/families/cast.js';
import { definitions as comparison } from '../../src/ops/families/comparison.js';
import { definitions as cumulative } from '../../src/ops/families/cumulative.js';
import { definitions as einsum } from '../../src/ops/families/einsum.js';
import { definitions as logic } from '../../src/ops/families/logic.js';
import { definitions as math } from '../../src/ops/families/math.js';
import { definitions as matmul } from '../../src/ops/families/matmul.js';
import { definitions as normalization } from '../../src/ops/families/normalization.js';
import { definitions as quantization } from '../../src/ops/families/quantization.js';
import { definitions as ranking } from '../../src/ops/families/ranking.js';
import { definitions as reduction } from '../../src/ops/families/reduction.js';
import { definitions as softmax } from '../../src/ops/families/softmax.js';
import { definitions as where } from '../../src/ops/families/where.js';
import { EvaluationError } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import { elementCount } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { tensorOf } from '../support/numeric-arbitraries.js';
import { dense, evaluateOp, facts, inferOp } from './harness.js';

const families = [
  activation,
  arithmetic,
  cast,
  comparison,
  cumulative,
  einsum,
  logic,
  math,
  matmul,
  normalization,
  quantization,
  ranking,
  reduction,
  softmax,
  where,
];

const int = fc.constantFrom(-3, -1, 0, 1, 2, 5, 16, 99);
const real = fc.constantFrom(-1, 0, 0.5, 3, Number.NaN, Number.POSITIVE_INFINITY);
const attributes = fc.dictionary(
  fc.constantFrom(
    'axis',
    'keepdims',
    'noop_with_empty_axes',
    'k',
    'largest',
    'to',
    'fmod',
    'transA',
    'num_groups',
    'p',
  ),
  int,
  { maxKeys: 4 },
);
const others = fc.record(
  {
    axes: fc.array(int, { maxLength: 3 }),
    block_size: int,
    equation: fc.constantFrom('', 'ij,jk->ik', 'ii', '...i', 'i->j', 'i,i,i'),
    direction: fc.constantFrom('LEFT', 'RIGHT', ''),
    round_mode: fc.constantFrom('up', 'sideways'),
  },
  { requiredKeys: [] },
);
const opset = fc.constantFrom(1, 6, 7, 10, 11, 13, 18, 21, 24, 28);

const dim = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 2 ** 40).map((n) => Dim.of(n)),
  fc.constantFrom('T', 'B', 'T - 7').map((name) => Dim.parse(name)),
  fc.constant(undefined),
);
const type = fc.constantFrom(undefined, 0, 1, 7, 8, 9, 10, 13, 14, 19, 22, 99);
const element = fc.oneof(int, real, fc.constantFrom('T', '-T', 'T//2'), fc.constant(undefined));
const known = fc.oneof(
  fc.constant(undefined),
  fc.tuple(type, fc.option(fc.array(dim, { maxLength: 4 }), { nil: undefined })).map(([t, shape]) => facts(t, shape)),
  fc.tuple(type, fc.array(element, { maxLength: 4 })).map(([t, content]) => facts(t, [content.length], content)),
  fc.tuple(type, element).map(([t, content]) => facts(t, [], [content])),
);

const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
const { FLOAT, INT32, INT64, UINT8, BOOL, STRING, COMPLEX64 } = DataType;
const tensor = fc
  .tuple(fc.constantFrom(FLOAT, INT32, INT64, UINT8, BOOL, STRING, COMPLEX64), shape)
  .chain(([t, sizes]) => {
    const count = elementCount(sizes);
    if (t === STRING) return fc.constant(dense(t, new Array<string>(count).fill('x'), sizes));
    if (t === COMPLEX64) return fc.constant(dense(t, new Float32Array(2 * count), sizes));
    return tensorOf(t, sizes, { special: true, magnitude: 20 });
  });

describe.each(families.flat().map(({ name }) => name))('%s', (name) => {
  test('the rule never throws, whatever a model says', () => {
    fc.assert(
      fc.property(fc.array(known, { maxLength: 8 }), attributes, others, opset, (inputs, ints, rest, version) => {
        const given = { ...ints, ...rest } as Record<string, number>;
        const said = inferOp(name, inputs, { attributes: given, opset: version, outputs: 3 });
        expect(said.outputs).toHaveLength(3);
      }),
      { numRuns: 150 },
    );
  });

  test('evaluation refuses with a sentence, or gives as many elements as it says', () => {
    const inputs = fc.array(fc.option(tensor, { nil: undefined, freq: 9 }), { maxLength: 8 });
    fc.assert(
      fc.property(inputs, attributes, others, opset, (given, ints, rest, version) => {
        const all = { ...ints, ...rest } as Record<string, number>;
        try {
          for (const { dtype, shape: sizes, data } of evaluateOp(name, given, { attributes: all, opset: version })) {
            expect(data).toHaveLength(elementCount(sizes) * (dtype === COMPLEX64 ? 2 : 1));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(EvaluationError);
          expect((error as Error).message).not.toBe('');
        }
      }),
      { numRuns: 150 },
    );
  });
});
