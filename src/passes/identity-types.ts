/**
 * Identity matrices of element types that onnxruntime makes none of: PyTorch's `torch.eye(n, dtype=torch.bool)`.
 *
 * Before: onnxruntime refuses to load it: "Could not find an implementation for EyeLike(9)".
 *
 *     zeros bool [T, T] ── EyeLike
 *
 * After: the same ones and zeros, of whole numbers first.
 *
 *     zeros ── Cast (int32) ── EyeLike (int32) ── Cast (bool)
 */
import type { Inference, InferOptions } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Builder } from '../rewrite/builder.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { DataType, dataTypeName } from '../tensor/dtype.js';
import type { Edit, Finding } from './pass.js';
import { nodeName } from './report-text.js';

/** Element types that the kernel of onnxruntime reads and makes. */
const KNOWN: ReadonlySet<number> = new Set([
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.INT32,
  DataType.INT64,
  DataType.UINT64,
]);

/** Makes identity matrices of other element types from whole numbers. */
export function retypeIdentities(
  model: Model,
  options: Pick<InferOptions, 'inputShapes'>,
): { findings: Finding[]; edits: Edit[] } {
  const findings: Finding[] = [];
  const edits: Edit[] = [];
  const identities: Node[] = [];
  for (const graph of model.graphs()) {
    if (graph.isFunctionBody) continue;
    for (const node of graph.nodes) if (node.opType === 'EyeLike' && node.domain === '') identities.push(node);
  }
  if (identities.length === 0) return { findings, edits };
  const inference = inferPlain(model, options.inputShapes);
  const emitter = new Emitter();
  const replaced: Value[] = [];
  for (const node of identities) {
    const types = typesOf(node, inference);
    const [x] = node.inputs;
    const [output] = node.outputs;
    if (types === undefined || x === undefined || output === undefined) continue;
    if (KNOWN.has(types.read) && KNOWN.has(types.made)) continue;
    const build = new Builder(emitter, node, 'identity');
    const zeros = KNOWN.has(types.read) ? x : build.cast(x, DataType.INT32);
    const k = Number(node.attributes.get('k')?.asInt() ?? 0);
    const dtype = KNOWN.has(types.made) ? types.made : DataType.INT32;
    const ones = build.op('EyeLike', [zeros], { dtype: { int: dtype }, ...(k === 0 ? {} : { k: { int: k } }) });
    output.replaceAllUsesWith(dtype === types.made ? ones : build.cast(ones, types.made));
    replaced.push(output);
    const name = dataTypeName((KNOWN.has(types.made) ? types.read : types.made) as DataType);
    const message = `${nodeName(node)} is an identity matrix of ${name}, which onnxruntime has none of`;
    findings.push({ code: 'identity-type', message, node: nodeName(node), value: output.name });
    edits.push({ what: 'identity matrix', where: nodeName(node), before: name, after: `int32, cast to ${name}` });
  }
  removeDead(replaced);
  return { findings, edits };
}

/** The element types of the input and of the result. */
function typesOf(node: Node, inference: Inference): { read: number; made: number } | undefined {
  const [x] = node.inputs;
  const facts = x && inference.facts(x);
  const read = facts?.kind === 'tensor' ? facts.dtype : undefined;
  if (read === undefined) return undefined;
  return { read, made: Number(node.attributes.get('dtype')?.asInt() ?? read) };
}
