import { describe, expect, test } from 'vitest';
import { RuleContext } from '../../src/ops/context.js';
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
import { lookupOp } from '../../src/ops/registry.js';
import type { Facts } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { type BackendCase, backendCases, tensorsOf } from '../support/backend-cases.js';
import { toNumber } from '../support/onnx-proto.js';
import { ProtoAttributes } from '../support/proto-attributes.js';
import { factsOf } from './harness.js';

const families = [attention, batchNorm, conv, loss, pool, random, recurrent, resize, signal, spatial, training];
const names = new Set(families.flat().map(({ name, domain }) => (domain === undefined ? name : `${domain}::${name}`)));
/** Operators whose sizes are in the data, or, for Resize, may depend on how a product of floats is rounded. */
const OPEN = new Set(['NonMaxSuppression', 'ImageDecoder', 'Resize']);

const cases = backendCases().filter(({ ops }) => ops.length === 1 && names.has(ops[0] as string));

/** What the rule says of the only node, given facts of its inputs. */
function infer({ model }: BackendCase, inputs: readonly DenseTensor[], factOf: (i: number) => Facts) {
  const { graph, opsetImport } = model();
  const node = graph?.node?.[0];
  const domain = node?.domain ?? '';
  const given = new Map((graph?.input ?? []).map(({ name }, i) => [name ?? '', i]));
  const at = (i: number) => given.get(node?.input?.[i] ?? '');
  const conflicts: string[] = [];
  const ctx = new RuleContext({
    opType: node?.opType ?? '',
    domain,
    opset: toNumber(opsetImport?.find((entry) => (entry.domain ?? '') === domain)?.version),
    attributes: new ProtoAttributes(node ?? {}),
    inputs: (node?.input ?? []).map((_, i) => {
      const index = at(i);
      return index === undefined ? undefined : factOf(index);
    }),
    outputPresent: (node?.output ?? []).map((name) => name !== ''),
    constant: (i) => inputs[at(i) ?? -1],
    onConflict: (a, b, what) => conflicts.push(`${a}|${b}|${what}`),
  });
  lookupOp(domain, node?.opType ?? '')?.infer?.(ctx);
  // Outputs without a name have no file.
  return { outputs: ctx.outputs.filter((_, i) => node?.output?.[i] !== ''), conflicts };
}

function sizes(facts: Facts | undefined, environment: ReadonlyMap<string, number>, opType: string) {
  if (facts?.kind !== 'tensor') return undefined;
  return facts.shape?.map((dim) => {
    const isOpen = OPEN.has(opType) && (dim === undefined || dim.hasFresh);
    return isOpen ? 'open' : dim?.evaluate(environment);
  });
}

describe.each(cases)('$name', (backendCase) => {
  const [opType] = backendCase.ops as [string];
  const expected = backendCase.dataSets.map((set) => tensorsOf(set, 'output'));
  const inputs = backendCase.dataSets.map((set) => tensorsOf(set, 'input'));

  test('with numbers', () => {
    inputs.forEach((tensors, k) => {
      const { outputs, conflicts } = infer(backendCase, tensors, (i) => factsOf(tensors[i] as DenseTensor));
      expect(conflicts).toEqual([]);
      expected[k]?.forEach(({ dtype, shape }, i) => {
        const own = sizes(outputs[i], new Map(), opType);
        expect(own?.map((size, axis) => (size === 'open' ? shape[axis] : size))).toEqual(shape);
        expect(outputs[i]).toMatchObject({ dtype });
      });
    });
  });

  test('with a symbol for each size above 1 of tensors of more than one axis', () => {
    inputs.forEach((tensors, k) => {
      const environment = new Map<string, number>();
      const symbolic = (i: number): Facts => {
        const { dtype, shape } = tensors[i] as DenseTensor;
        if (shape.length < 2) return factsOf(tensors[i] as DenseTensor);
        const dims = shape.map((size, axis) => {
          if (size === 1) return Dim.of(1);
          environment.set(`x${i}_${axis}`, size);
          return Dim.symbol(`x${i}_${axis}`);
        });
        return { kind: 'tensor', dtype, shape: dims };
      };
      const { outputs } = infer(backendCase, tensors, symbolic);
      expected[k]?.forEach(({ shape }, i) => {
        const own = sizes(outputs[i], environment, opType);
        expect(own?.map((size, axis) => (size === 'open' ? shape[axis] : size))).toEqual(shape);
      });
    });
  });
});
