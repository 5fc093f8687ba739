/**
 * Convolutions and poolings that were given one image without a batch, which PyTorch allows and ONNX does not.
 *
 * Before: onnxruntime refuses to load it: "Attribute dilations has incorrect size".
 *
 *     x [C, H, W] ── MaxPool (kernel_shape = [9, 9])
 *
 * After: a batch of one.
 *
 *     x ── Unsqueeze [1, C, H, W] ── MaxPool ── Squeeze [C, H, W]
 */
import type { Inference, InferOptions } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Shape } from '../ops/types.js';
import { Builder } from '../rewrite/builder.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { plainAttributes } from '../rewrite/plain-attributes.js';
import { opsetOf } from '../rewrite/size.js';
import type { Edit, Finding } from './pass.js';
import { nodeName } from './report-text.js';

const POOLS: ReadonlySet<string> = new Set(['MaxPool', 'AveragePool', 'LpPool']);
const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose']);

/** What is looked through to see how many axes a value has: its first input mostly has as many. */
const SAME_RANK: ReadonlySet<string> = new Set(
  'Relu LeakyRelu PRelu Elu Clip Sigmoid Tanh Identity Cast Pad Add Mul BatchNormalization'.split(' '),
);

/** Gives convolutions and poolings whose input has no axis for a batch one. */
export function batchUnbatched(
  model: Model,
  options: Pick<InferOptions, 'inputShapes'>,
): { findings: Finding[]; edits: Edit[] } {
  const findings: Finding[] = [];
  const edits: Edit[] = [];
  const doubtful = new Set<Node>();
  for (const graph of model.graphs()) {
    if (graph.isFunctionBody) continue;
    for (const node of graph.topologicalOrder()) if (mayBeUnbatched(node, doubtful)) doubtful.add(node);
  }
  if (doubtful.size === 0) return { findings, edits };
  // What a window makes has as many axes as its input: one inference shows all of them.
  const inference = inferPlain(model, options.inputShapes);
  const unbatched = [...doubtful].filter((node) => isUnbatched(node, inference));
  const emitter = new Emitter();
  const replaced: Value[] = [];
  for (const node of unbatched) {
    const [x, ...others] = node.inputs as [Value, ...Value[]];
    const [output] = node.outputs as [Value];
    const build = new Builder(emitter, node, 'batched');
    const result = build.op(node.opType, [build.unsqueeze(x, [0]), ...others], plainAttributes(node));
    output.replaceAllUsesWith(build.squeeze(result, [0]));
    replaced.push(output);
    const axes = spatialAxes(node) as number;
    const message = `${nodeName(node)} moves over ${axes} axes of an input of ${axes + 1}, without one for a batch`;
    findings.push({ code: 'unbatched-window', message, node: nodeName(node), value: x.name });
    edits.push({ what: 'batch of one', where: nodeName(node), before: `${axes + 1} axes`, after: `${axes + 2} axes` });
  }
  removeDead(replaced);
  return { findings, edits };
}

/** Is it a window of whose input it is not plain that it has an axis for a batch? Found out without inference. */
function mayBeUnbatched(node: Node, doubtful: ReadonlySet<Node>): boolean {
  const axes = spatialAxes(node);
  let [value] = node.inputs;
  if (axes === undefined || node.outputs.length !== 1) return false;
  while (value !== undefined) {
    const maker = value.producer;
    if (maker === undefined) return value.declared?.kind !== 'tensor' || value.declared.shape?.length !== axes + 2;
    const made = spatialAxes(maker);
    if (made !== undefined) return made !== axes || doubtful.has(maker);
    if (maker.domain !== '') return true;
    if (maker.opType === 'Transpose') return maker.attributes.get('perm')?.asInts()?.length !== axes + 2;
    if (!SAME_RANK.has(maker.opType)) return true;
    [value] = maker.inputs;
  }
  return true;
}

/** Over how many axes a convolution or pooling moves its window; undefined for other operators. */
function spatialAxes({ domain, opType, attributes }: Node): number | undefined {
  if (domain !== '' || !(POOLS.has(opType) || CONVOLUTIONS.has(opType))) return undefined;
  return attributes.get('kernel_shape')?.asInts()?.length;
}

/** Has the input an axis for its channels, and those that the window moves over, but none for a batch? */
function isUnbatched(node: Node, inference: Inference): boolean {
  const [x, weight] = node.inputs;
  const shape = x && inference.shape(x);
  if (shape === undefined || shape.length !== (spatialAxes(node) ?? 0) + 1) return false;
  if (node.outputs[0] === undefined || opsetOf(node) < 11) return false;
  return POOLS.has(node.opType) || fitsWeight(node, shape, weight && inference.shape(weight));
}

/** Has the input as many channels as the weight takes, on its first axis? */
function fitsWeight({ opType, attributes }: Node, [channels]: Shape, weight: Shape | undefined): boolean {
  const group = Number(attributes.get('group')?.asInt() ?? 1);
  const taken = opType === 'Conv' ? weight?.[1]?.mul(group) : weight?.[0];
  return channels !== undefined && taken?.equals(channels) === true;
}
