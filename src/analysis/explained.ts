import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import type { DenseTensor } from '../tensor/dense.js';
import { type BakedOptions, type Diagnosis, findBaked, type KnownNumber } from './baked.js';
import type { BakedConstant } from './baked-constants.js';
import { batchAxisOf, batchSizes } from './batch-axis.js';
import { Constants } from './constants.js';
import { type EarlierDiagnosis, earlierDiagnosis } from './earlier-diagnosis.js';
import { type Explanation, explain } from './explain/explain.js';
import { findFlattened } from './explain/flattened.js';
import { isExplained } from './explain/is-explained.js';
import { isInvariantAlong } from './explain/matrix.js';
import type { ExplainedConstant, ExplainedDiagnosis } from './explained-diagnosis.js';
import { exactSizes } from './traced-sizes.js';
import { Untouched } from './untouched.js';

/** How many folded nodes are looked behind, one after the other. */
const MAX_DEPTH = 12;

/**
 * Finds and explains baked constants where they meet live data. One that follows no rule there may follow one further up:
 * a learned table read at constant positions, a linear layer over a sinusoid. So the nodes that it was folded from are
 * taken as live again, one level at a time, for as long as something is unexplained.
 */
export function explainBaked(model: Model, options: BakedOptions = {}): ExplainedDiagnosis {
  const { inputShapes = {}, traced = [], ...more } = options;
  if (Object.values(more).some((option) => option !== undefined)) return diagnose(model, options);
  const earlier = earlierDiagnosis(model, inputShapes);
  return untouched.ask(model, JSON.stringify([inputShapes, [...traced]]), () => {
    return earlier?.rest ?? diagnose(model, options, earlier);
  });
}

const untouched = new Untouched<ExplainedDiagnosis>();

function diagnose(model: Model, options: BakedOptions, earlier?: EarlierDiagnosis): ExplainedDiagnosis {
  const constants = options.constants ?? new Constants();
  const everOpened = new Set(earlier?.opened);
  for (const node of everOpened) constants.open(node);
  const twins: KnownNumber[] = [];
  for (let depth = 0; ; depth++) {
    const diagnosis = findBaked(model, { ...options, constants, known: twins }, earlier?.numbers);
    const batch = batchSizes(model, diagnosis.inference);
    const explained = withHints(
      diagnosis.constants.map((baked) => {
        const axis = (shape: readonly number[]) => batchAxisOf(baked, shape, batch);
        return earlier?.explanationOf(baked, axis) ?? explainOne(baked, diagnosis, axis);
      }),
    );
    const more = depth === MAX_DEPTH ? [] : explained.flatMap((each) => twinOf(each) ?? []);
    if (more.length > 0) {
      twins.push(...more);
      continue;
    }
    const opened = new Set<Value>();
    for (const { baked, tensor, explanation } of explained) {
      const { producer } = baked.value;
      if (baked.axes.size === 0 || isExplained(explanation, tensor)) continue;
      if (producer === undefined || producer.inputs.length === 0) continue;
      constants.open(producer);
      everOpened.add(producer);
      opened.add(baked.value);
    }
    if (opened.size === 0 || depth === MAX_DEPTH)
      return { ...diagnosis, constants: explained, opened: [...everOpened] };
  }
}

/** Tables of cosines alone do not show their lowest frequencies: the sines beside them in the model do. */
function withHints(explained: readonly ExplainedConstant[]): ExplainedConstant[] {
  const hints = explained.flatMap(({ explanation }) =>
    explanation.found && explanation.generator.kind === 'sinusoid-table' ? [explanation.generator.sinusoid] : [],
  );
  if (hints.length === 0) return [...explained];
  return explained.map((each) => {
    const { baked, tensor, explanation } = each;
    if (tensor === undefined || isExplained(explanation, tensor) || baked.axes.size !== 1) return each;
    const hinted = explain(tensor, [...baked.axes.keys()], { hints });
    return isExplained(hinted, tensor) ? { ...each, explanation: hinted } : each;
  });
}

/**
 * A square matrix that one operator proves to be baked along one axis, and that follows a rule of two positions over that
 * size: then the other axis has the size, too. What reads the matrix only multiplies along the first, or cuts the second.
 * It may be the same for each of several items.
 */
function twinOf({ baked, tensor, explanation }: ExplainedConstant): KnownNumber | undefined {
  if (tensor === undefined) return undefined;
  const isCut = baked.value.uses.every(({ node }) => node.opType === 'Slice') && isUniform(tensor);
  if (!isCut && isExplained(explanation, tensor)) return undefined;
  const sides = [...baked.axes].filter(([axis]) => isCut || !isInvariantAlong(tensor, axis));
  const items = [...baked.axes.keys()].filter((axis) => !sides.some(([side]) => side === axis));
  const proven = isCut ? sides.filter(([axis]) => axis >= tensor.shape.length - 2) : sides;
  const [first, ...more] = proven;
  if (first === undefined || more.length > 0) return undefined;
  const [axis, { size, evidence }] = first;
  const traced = tensor.shape[axis] as number;
  const others = tensor.shape.flatMap((n, other) => (!baked.axes.has(other) && n === traced ? [other] : []));
  const [other] = others;
  if (traced < 4 || other === undefined || others.length > 1) return undefined;
  const cell = { value: baked.value, kind: 'size', index: other, traced } as const;
  if (isCut) return { cell, size, evidence: { ...evidence, what: 'the same everywhere, a square' } };
  const found = explain(tensor, [...items, axis, other]);
  if (!found.found || !SQUARE.has(found.generator.kind)) return undefined;
  return { cell, size, evidence: { ...evidence, what: `${found.name}, a square` } };
}

function isUniform(tensor: DenseTensor): boolean {
  return tensor.shape.every((_, axis) => isInvariantAlong(tensor, axis));
}

/** Rules that only a computed matrix follows. */
const SQUARE: ReadonlySet<string> = new Set(['band', 'condition', 'formula', 'relative-curve', 'relative-slope']);

function explainOne(
  baked: BakedConstant,
  diagnosis: Diagnosis,
  batchAxisIn: (shape: readonly number[]) => number | undefined,
): ExplainedConstant {
  const { inference } = diagnosis;
  const tensor = inference.constants.dense(baked.value);
  if (tensor === undefined) {
    const reason = inference.constants.refusal(baked.value) ?? 'it cannot be read';
    return { baked, tensor, explanation: { found: false, reason, maskLike: false } };
  }
  if (baked.axes.size === 0) {
    // Integers that stand for sizes explain themselves.
    return { baked, tensor, explanation: { found: false, reason: 'its elements stand for sizes', maskLike: false } };
  }
  const batchAxis = batchAxisIn(tensor.shape);
  const explanation = explain(tensor, [...baked.axes.keys()], { batchAxis });
  const grid = isExplained(explanation, tensor) ? undefined : flattened(tensor, baked, diagnosis);
  return { baked, tensor, batchAxis, explanation: grid ?? explanation };
}

/** What has a row for each token of an image may be a grid. */
function flattened(tensor: DenseTensor, { axes }: BakedConstant, diagnosis: Diagnosis): Explanation | undefined {
  const sizes = new Map([...axes].map(([axis, { size }]) => [axis, size]));
  if (![...sizes.values()].some((size) => size.parts().kind === 'product')) return undefined;
  const { inference, constants } = diagnosis;
  const cells = constants.flatMap((each) => [...each.axes.values(), ...each.elements.values()]);
  const order = inference.model.graph.inputs.flatMap((input) => inference.shape(input) ?? []);
  const known = { axes: sizes, traced: exactSizes(cells), order: order.flatMap((dim) => dim?.symbolName ?? []) };
  const found = findFlattened(tensor, known, explain);
  return found && { found: true, ...found };
}
