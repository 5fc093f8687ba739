import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference, InferOptions } from '../infer.js';
import { type Hypothesis, support } from './evidence.js';
import type { Join } from './joins.js';
import type { Region } from './regions.js';
import type { SingleRegion } from './singles.js';
import { leavesOf } from './template.js';

type Options = Pick<InferOptions, 'inputShapes'>;

/** Each hypothesis costs an inference of the whole model. */
const MAX_TRIALS = 24;

/** Those of the loops that the model shows to be loops: others may read the first rows of a tensor on purpose. */
export function plausible(regions: readonly Region[], inference: Inference, options: Options): Region[] {
  const isSure = ({ exact, limited, isLoop, body, join, size }: Region) =>
    exact ||
    isFilled(join, size, inference) ||
    (!limited && !isLoop && leavesOf(body).some((leaf) => leaf.kind === 'rows' && leaf.access.axis === 0));
  const doubtful = regions.filter((region) => !isSure(region));
  const supported = new Set<Region>();
  for (const key of new Set(doubtful.map(({ size }) => size.key))) {
    const group = doubtful.filter(({ size }) => size.key === key);
    const hypotheses = group.map((region) => hypothesisOf(region, inference));
    if (support(hypotheses, inference, options) > 0) for (const region of group) supported.add(region);
  }
  return regions.filter((region) => isSure(region) || supported.has(region));
}

/** Are the rows all that a new tensor with a row for each item is filled with? */
function isFilled({ base, axis }: Join, size: Dim, inference: Inference): boolean {
  return base?.producer?.opType === 'ConstantOfShape' && inference.shape(base)?.[axis]?.equals(size) === true;
}

/**
 * The loops of a single round that the model shows to be ones. What an operator can only do once (dropping an axis of
 * symbolic size) speaks for it as much as what the outputs are declared as.
 */
export function plausibleSingles(
  regions: readonly SingleRegion[],
  inference: Inference,
  options: Options,
): readonly SingleRegion[] {
  const gainOf = (group: readonly SingleRegion[]) =>
    support(
      group.map((region) => hypothesisOf(region, inference)),
      inference,
      options,
    );
  // Several results of one loop meet again behind it: either all of them are for many items, or none.
  const sure = regions.filter(({ exact, isRestored }) => exact && isRestored);
  if (sure.length > 1 && gainOf(sure) >= 0) return sure;
  for (const region of regions.slice(0, MAX_TRIALS)) {
    const gain = gainOf([region]);
    if (gain > 0 || (gain === 0 && region.exact && region.isRestored)) return [region];
  }
  return [];
}

function hypothesisOf({ join, size }: Region, inference: Inference): Hypothesis {
  const value = join.node.outputs[join.output ?? 0] as Value;
  const rank = inference.shape(value)?.length ?? 0;
  return { value, axis: join.axis < 0 ? join.axis + rank : join.axis, size };
}
