import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import type { DenseTensor } from '../tensor/dense.js';
import { type AssumedSize, type BakedOptions, type Diagnosis, findBaked } from './baked.js';
import type { BakedCell, BakedConstant } from './baked-constants.js';
import { type BatchSizes, batchAxisOf, batchSizes } from './batch-axis.js';
import { Constants } from './constants.js';
import { type Explanation, explain } from './explain/explain.js';
import { Untouched } from './untouched.js';

/** A baked constant, its elements, and the rule behind them (or why none was found). */
export interface ExplainedConstant {
  readonly baked: BakedConstant;
  /** Undefined when it cannot be read or folded. */
  readonly tensor: DenseTensor | undefined;
  readonly explanation: Explanation;
}

/** A {@link Diagnosis} whose constants are explained. */
export interface ExplainedDiagnosis extends Omit<Diagnosis, 'constants'> {
  readonly constants: readonly ExplainedConstant[];
}

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
  return untouched.ask(model, JSON.stringify([inputShapes, [...traced]]), () => diagnose(model, options));
}

const untouched = new Untouched<ExplainedDiagnosis>();

function diagnose(model: Model, options: BakedOptions): ExplainedDiagnosis {
  const constants = options.constants ?? new Constants();
  const twins: AssumedSize[] = [];
  for (let depth = 0; ; depth++) {
    const diagnosis = findBaked(model, { ...options, constants, twins });
    const batch = batchSizes(model, diagnosis.inference);
    const explained = withHints(diagnosis.constants.map((baked) => explainOne(baked, diagnosis, batch)));
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
      opened.add(baked.value);
    }
    if (opened.size === 0 || depth === MAX_DEPTH) return { ...diagnosis, constants: explained };
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
 * size: then the other axis has the size, too. What reads the matrix only multiplies along the first.
 */
function twinOf({ baked, tensor, explanation }: ExplainedConstant): AssumedSize | undefined {
  if (tensor === undefined || isExplained(explanation, tensor) || baked.axes.size !== 1) return undefined;
  const [[axis, { size, evidence }]] = [...baked.axes] as [[number, BakedCell]];
  const traced = tensor.shape[axis] as number;
  const others = tensor.shape.flatMap((n, other) => (other !== axis && n === traced ? [other] : []));
  const [other] = others;
  if (traced < 4 || other === undefined || others.length > 1) return undefined;
  const found = explain(tensor, [axis, other]);
  if (!found.found || !SQUARE.has(found.generator.kind)) return undefined;
  return { value: baked.value, axis: other, traced, size, evidence: { ...evidence, what: `${found.name}, a square` } };
}

/** Rules that only a computed matrix follows. */
const SQUARE: ReadonlySet<string> = new Set(['band', 'condition', 'formula', 'relative-slope']);

function isExplained(explanation: Explanation, tensor: DenseTensor | undefined): boolean {
  // Learned tables can be cut, not made longer: better find the positions that they are read at.
  if (tensor === undefined) return false;
  if (!explanation.found) return explanation.padMask !== undefined;
  const { generator } = explanation;
  // At one position, everything is the same at all of them: better find out what reads it.
  if (generator.kind === 'repeated') return generator.table.data.length < tensor.data.length;
  return generator.kind !== 'prefix-table';
}

function explainOne(baked: BakedConstant, { inference }: Diagnosis, batch: BatchSizes): ExplainedConstant {
  const tensor = inference.constants.dense(baked.value);
  if (tensor === undefined) {
    const reason = inference.constants.refusal(baked.value) ?? 'it cannot be read';
    return { baked, tensor, explanation: { found: false, reason, maskLike: false } };
  }
  if (baked.axes.size === 0) {
    // Integers that stand for sizes explain themselves.
    return { baked, tensor, explanation: { found: false, reason: 'its elements stand for sizes', maskLike: false } };
  }
  const batchAxis = batchAxisOf(baked, tensor.shape, batch);
  return { baked, tensor, explanation: explain(tensor, [...baked.axes.keys()], { batchAxis }) };
}
