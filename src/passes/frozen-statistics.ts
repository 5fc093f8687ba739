/**
 * Items that are normalised by statistics of the example's items, which were numbers when the loop was traced.
 *
 * Before: `x[i] = (x[i] - x[i].mean(0).data) / 1`, once for each item of the example.
 *
 *     x [B, T, 80] ── Gather(0) ── Sub(Constant [80]) ── Div(1) ── Expand ── Reshape ── ScatterND([[0]])
 *
 * After: every item has its own.
 *
 *     x ──┬─────────────────────── Sub
 *         └── ReduceMean(axis 1) ───┘
 */
import type { Inference } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import {
  type FrozenStatistic,
  frozenStatistics,
  mayNormalise,
  type Statistic,
} from '../analysis/unrolled/frozen-statistics.js';
import { limitingInputs } from '../analysis/unrolled/limiting-inputs.js';
import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import { Builder } from '../rewrite/builder.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { emitNormalisedItems } from '../rewrite/normalise-items.js';
import { opsetOf } from '../rewrite/size.js';
import { DataType } from '../tensor/dtype.js';
import type { Edit, Finding } from './pass.js';
import { refreshDeclarations } from './refresh-declarations.js';
import { nodeName, typeText } from './report-text.js';
import { type FixBatchOptions, isFirstAxis, type RolledLoops } from './rolled-loops.js';

/** SpeechBrain, whose InputNormalization it is that exporters leave like this, divides by no less. */
const LEAST_DEVIATION = 1e-10;

/** Lets every item be normalised by its own statistics. Has to run before such loops are batched with their constants. */
export function thawStatistics(model: Model, { inputShapes, lengths }: FixBatchOptions): RolledLoops {
  if (!mayNormalise(model.graph)) return { findings: [], edits: [], unresolved: [], sizes: {} };
  const inference = inferPlain(model, inputShapes);
  const findings: Finding[] = [];
  const unresolved: Finding[] = [];
  const edits: Edit[] = [];
  const sizes: Record<string, number> = {};
  const items: Record<string, number> = {};
  const replaced: Value[] = [];
  const emitter = new Emitter();
  for (const found of frozenStatistics(model.graph, inference)) {
    const finding = describe(found);
    const refusal = refusalOf(found, inference, lengths);
    if (refusal !== undefined) {
      unresolved.push({ ...finding, message: `${finding.message}; ${refusal}` });
      continue;
    }
    const output = found.node.outputs[0] as Value;
    findings.push(finding);
    edits.push(apply(found, inference, emitter));
    replaced.push(output);
    const symbol = inference.shape(found.source)?.[0]?.symbolName;
    if (symbol === undefined) continue;
    sizes[symbol] = found.count;
    if (isFirstAxis(model, symbol)) items[symbol] = found.count;
  }
  if (edits.length > 0) {
    removeDead(replaced);
    edits.push(...refreshDeclarations(model, inferPlain(model, inputShapes), 'keep'));
  }
  return {
    findings,
    edits,
    unresolved,
    sizes,
    items,
    ...(edits.length > 0 ? { changesValues: true } : {}),
  };
}

/** Why the statistics cannot be made live. */
function refusalOf(
  { source, deviation, node }: FrozenStatistic,
  inference: Inference,
  lengths: string | undefined,
): string | undefined {
  const limits = limitingInputs(inference.model, source, inference).map(({ name }) => name);
  const [limit] = lengths === undefined ? limits : [lengths];
  if (limit !== undefined) {
    return `what is padding by ${limit} must not count, but how positions follow from it is not in the file: take the normalization out of the model, or export it with operators of tensors only`;
  }
  const facts = inference.facts(source);
  const dtype = facts?.kind === 'tensor' ? facts.dtype : undefined;
  if (opsetOf(node) < 11) return 'their operators need opset 11';
  const isWide = dtype === DataType.FLOAT || dtype === DataType.DOUBLE;
  if (dtype === undefined || (deviation !== undefined && !isWide))
    return 'a deviation is only computed in float or double';
  // PyTorch divides by n - 1 by default, most others by n: the file does not tell.
  if (deviation !== undefined && inference.model.producerName !== 'pytorch') {
    return 'whether deviations are those of samples (n - 1) or of a population (n) is not in the file: take the normalization out of the model';
  }
  return undefined;
}

function apply(
  { node, source, count, axes, mean, deviation }: FrozenStatistic,
  inference: Inference,
  emitter: Emitter,
): Edit {
  const facts = inference.facts(source);
  const dtype = facts?.kind === 'tensor' ? (facts.dtype ?? DataType.FLOAT) : DataType.FLOAT;
  const build = new Builder(emitter, node, 'normalized');
  const value = emitNormalisedItems(build, source, {
    axes,
    dtype,
    centre: mean !== undefined,
    ...(deviation ? { leastDeviation: LEAST_DEVIATION } : {}),
  });
  (node.outputs[0] as Value).replaceAllUsesWith(value);
  const kinds = kindsOf(mean, deviation);
  const copies = `${count} ${count === 1 ? 'copy' : 'copies'}`;
  return {
    what: 'statistics of items',
    where: nodeName(node),
    before: `${copies} of a loop over items, with ${kinds} of the example's as constants (${firstOf(mean, deviation)})`,
    after: `${value.name}: ${kinds} of every item; assumed: ${assumption(axes, deviation)}`,
  };
}

function describe({ node, count, axes, mean, deviation }: FrozenStatistic): Finding {
  const [first] = [mean, deviation].filter((statistic) => statistic !== undefined);
  const own =
    count === 1
      ? 'they were written down as the loop was traced, not stored as a parameter, and have the digits of data'
      : 'no two items have the same';
  return {
    code: 'frozen-statistic',
    message: `${nodeName(node)}: items are normalised by ${kindsOf(mean, deviation)} of the example's items`,
    node: nodeName(node),
    ...(first ? { value: first.value.name } : {}),
    evidence: [
      `a loop over items, of which the example had ${count}, reads numbers for each (${firstOf(mean, deviation)}); ${own}`,
      `assumed: ${assumption(axes, deviation)}`,
    ],
  };
}

function kindsOf(mean: unknown, deviation: unknown): string {
  return [...(mean ? ['mean'] : []), ...(deviation ? ['deviation'] : [])].join(' and ');
}

/** The first item's constants. */
function firstOf(...statistics: readonly (Statistic | undefined)[]): string {
  return statistics.flatMap((found) => (found ? [`${found.value.name} ${typeText(found.tensor)}`] : [])).join(', ');
}

/** What the file does not tell. */
function assumption(axes: readonly number[], deviation: Statistic | undefined): string {
  const over = axes.length === 1 ? `axis ${axes[0]}` : `axes ${axes.join(', ')}`;
  const kind = deviation ? `; the deviation is torch.std's (n - 1), and at least ${LEAST_DEVIATION}` : '';
  return `statistics are an item's own, over all of ${over}${kind}`;
}
