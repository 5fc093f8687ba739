import type { Value } from '../../model/value.js';
import type { Inference, InferOptions } from '../infer.js';
import { type Hypothesis, support } from './evidence.js';
import type { Region } from './regions.js';
import type { SingleRegion } from './singles.js';
import { leavesOf } from './template.js';

type Options = Pick<InferOptions, 'inputShapes'>;

/** Each hypothesis costs an inference of the whole model. */
const MAX_TRIALS = 24;

/** Those of the loops that the model shows to be loops: others may read the first rows of a tensor on purpose. */
export function plausible(regions: readonly Region[], inference: Inference, options: Options): Region[] {
  const isSure = ({ exact, limited, body }: Region) =>
    exact || (!limited && leavesOf(body).some((leaf) => leaf.kind === 'rows' && leaf.access.axis === 0));
  const doubtful = regions.filter((region) => !isSure(region));
  const supported = new Set<Region>();
  for (const key of new Set(doubtful.map(({ size }) => size.key))) {
    const group = doubtful.filter(({ size }) => size.key === key);
    const hypotheses = group.map((region) => hypothesisOf(region, inference));
    if (support(hypotheses, inference, options) > 0) for (const region of group) supported.add(region);
  }
  return regions.filter((region) => isSure(region) || supported.has(region));
}

/**
 * The first loop of a single round that the model shows to be one. What an operator can only do once (dropping an axis of
 * symbolic size) speaks for it as much as what the outputs are declared as.
 */
export function plausibleSingle(
  regions: Iterable<SingleRegion>,
  inference: Inference,
  options: Options,
): SingleRegion | undefined {
  let trials = 0;
  for (const region of regions) {
    if (++trials > MAX_TRIALS) return undefined;
    const gain = support([hypothesisOf(region, inference)], inference, options);
    if (gain > 0 || (gain === 0 && region.exact && region.isRestored)) return region;
  }
  return undefined;
}

function hypothesisOf({ join, size }: Region, inference: Inference): Hypothesis {
  const value = join.node.outputs[0] as Value;
  const rank = inference.shape(value)?.length ?? 0;
  return { value, axis: join.axis < 0 ? join.axis + rank : join.axis, size };
}
