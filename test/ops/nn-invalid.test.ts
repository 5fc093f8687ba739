import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitions as attention } from '../../src/ops/families/attention.js';
import { definitions as batchNorm } from '../../src/ops/families/batch-norm.js';
import { definitions as conv } from '../../src/ops/families/conv.js';
import { definitions as loss } from '../../src/ops/families/loss.js';
import { definitions as pool } from '../../src/ops/families/pool.js';
import { definitions as random } from '../../src/ops/families/random.js';
import { definitions as recurrent } from '../../src/ops/families/recurrent.js';
import { definitions as resize } from '../../src/ops/families/resize.js';
import { definitions as signal } from '../../src/ops/families/signal.js';
import { definitions as spatial } from '../../src/ops/families/spatial.js';
import { definitions as training } from '../../src/ops/families/training.js';
import { Dim } from '../../src/symbolic/dim.js';
import { facts, inferOp } from './harness.js';

const families = [attention, batchNorm, conv, loss, pool, random, recurrent, resize, signal, spatial, training];

const int = fc.constantFrom(-3, -1, 0, 1, 2, 5, 2 ** 40);
const ints = fc.array(int, { maxLength: 5 });
const real = fc.constantFrom(-1, 0, 0.5, 3, Number.NaN, Number.POSITIVE_INFINITY);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const text = fc.constantFrom('', 'SAME_UPPER', 'VALID', 'not_larger', 'none', 'bidirectional', 'tf_crop_and_resize');

const attributes = fc
  .record({
    ...Object.fromEntries(
      ['kernel_shape', 'pads', 'dilations', 'strides', 'output_shape', 'output_padding'].map((name) => [
        name,
        optional(ints),
      ]),
    ),
    ...Object.fromEntries(['axes', 'shape', 'pooled_shape'].map((name) => [name, optional(ints)])),
    ...Object.fromEntries(
      ['group', 'ceil_mode', 'axis', 'onesided', 'inverse', 'layout', 'hidden_size'].map((name) => [
        name,
        optional(int),
      ]),
    ),
    ...Object.fromEntries(
      ['q_num_heads', 'kv_num_heads', 'output_height', 'sample_size'].map((name) => [name, optional(int)]),
    ),
    ...Object.fromEntries(
      ['auto_pad', 'keep_aspect_ratio_policy', 'direction', 'reduction', 'coordinate_transformation_mode'].map(
        (name) => [name, optional(text)],
      ),
    ),
    scales: optional(fc.array(real, { maxLength: 4 })),
    height_scale: optional(real),
    width_scale: optional(real),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const dim = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 2 ** 40).map((n) => Dim.of(n)),
  fc.constantFrom('T', 'B', 'T - 7').map((name) => Dim.parse(name)),
  fc.constant(undefined),
);
const input = fc.oneof(
  fc.constant(undefined),
  fc.constant(facts(undefined, undefined)),
  fc.array(dim, { maxLength: 5 }).map((shape) => facts(1, shape)),
  fc
    .array(fc.oneof(int, real, fc.constantFrom('T', '-T', 'T//2'), fc.constant(undefined)), { maxLength: 5 })
    .map((content) => facts(7, [content.length], content)),
);

describe.each(families.flat().map(({ name, domain }) => ({ name, domain: domain ?? '' })))(
  '$name',
  ({ name, domain }) => {
    test('never throws, whatever a model says', () => {
      const opset = fc.constantFrom(1, 7, 10, 13, 17, 20, 24);
      fc.assert(
        fc.property(fc.array(input, { maxLength: 7 }), attributes, opset, fc.integer({ min: 1, max: 5 }), (...run) => {
          const [inputs, given, version, outputs] = run;
          const said = inferOp(name, inputs, {
            attributes: given as Record<string, number>,
            opset: version,
            outputs,
            domain,
          });
          expect(said.outputs).toHaveLength(outputs);
        }),
        { numRuns: 100 },
      );
    });
  },
);
