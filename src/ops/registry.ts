import { definitions as activation } from './families/activation.js';
import { definitions as arithmetic } from './families/arithmetic.js';
import { definitions as attention } from './families/attention.js';
import { definitions as batchNorm } from './families/batch-norm.js';
import { definitions as cast } from './families/cast.js';
import { definitions as comparison } from './families/comparison.js';
import { definitions as concatSplit } from './families/concat-split.js';
import { definitions as contribAttention } from './families/contrib-attention.js';
import { definitions as contribElementwise } from './families/contrib-elementwise.js';
import { definitions as contribLayout } from './families/contrib-layout.js';
import { definitions as contribMatmul } from './families/contrib-matmul.js';
import { definitions as contribMisc } from './families/contrib-misc.js';
import { definitions as contribQuantized } from './families/contrib-quantized.js';
import { definitions as control } from './families/control.js';
import { definitions as conv } from './families/conv.js';
import { definitions as creation } from './families/creation.js';
import { definitions as cumulative } from './families/cumulative.js';
import { definitions as einsum } from './families/einsum.js';
import { definitions as expandTile } from './families/expand-tile.js';
import { definitions as gather } from './families/gather.js';
import { definitions as logic } from './families/logic.js';
import { definitions as loss } from './families/loss.js';
import { definitions as math } from './families/math.js';
import { definitions as matmul } from './families/matmul.js';
import { definitions as ml } from './families/ml.js';
import { definitions as normalization } from './families/normalization.js';
import { definitions as optional } from './families/optional.js';
import { definitions as pad } from './families/pad.js';
import { definitions as pool } from './families/pool.js';
import { definitions as quantization } from './families/quantization.js';
import { definitions as random } from './families/random.js';
import { definitions as ranking } from './families/ranking.js';
import { definitions as rearrange } from './families/rearrange.js';
import { definitions as recurrent } from './families/recurrent.js';
import { definitions as reduction } from './families/reduction.js';
import { definitions as reshape } from './families/reshape.js';
import { definitions as resize } from './families/resize.js';
import { definitions as scatter } from './families/scatter.js';
import { definitions as selection } from './families/selection.js';
import { definitions as sequence } from './families/sequence.js';
import { definitions as shape } from './families/shape.js';
import { definitions as signal } from './families/signal.js';
import { definitions as slice } from './families/slice.js';
import { definitions as softmax } from './families/softmax.js';
import { definitions as spatial } from './families/spatial.js';
import { definitions as string } from './families/string.js';
import { definitions as training } from './families/training.js';
import { definitions as unique } from './families/unique.js';
import { definitions as where } from './families/where.js';
import type { OpDefinition } from './types.js';

/** One array a family file; a new family is one import and one entry here. */
const FAMILIES: readonly (readonly OpDefinition[])[] = [
  shape,
  creation,
  reshape,
  rearrange,
  concatSplit,
  slice,
  expandTile,
  gather,
  scatter,
  selection,
  unique,
  pad,
  arithmetic,
  math,
  comparison,
  logic,
  where,
  batchNorm,
  conv,
  pool,
  recurrent,
  attention,
  signal,
  resize,
  spatial,
  random,
  loss,
  training,
  cast,
  activation,
  reduction,
  ranking,
  cumulative,
  matmul,
  einsum,
  softmax,
  normalization,
  control,
  optional,
  sequence,
  string,
  quantization,
  ml,
  contribMatmul,
  contribElementwise,
  contribAttention,
  contribQuantized,
  contribLayout,
  contribMisc,
];

const byKey = new Map<string, OpDefinition>();
for (const family of FAMILIES) {
  for (const definition of family) {
    const key = keyOf(definition.domain ?? '', definition.name);
    if (byKey.has(key)) throw new Error(`${key} is defined twice`);
    byKey.set(key, definition);
  }
}

/**
 * What an operator means; undefined when no family knows it.
 *
 * @param domain - '' or 'ai.onnx' for the standard operators.
 */
export function lookupOp(domain: string, opType: string): OpDefinition | undefined {
  return byKey.get(keyOf(domain, opType));
}

/** Every known operator, family by family. */
export function allOps(): readonly OpDefinition[] {
  return [...byKey.values()];
}

function keyOf(domain: string, opType: string): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
}
