/**
 * fix-masks: attention masks that were frozen at the traced length follow the live length again.
 *
 * Before: the exporter ran Python once and wrote down what came out.
 *
 *     scores [B, H, T, T] ──────────────┐
 *     Constant bool [1, 1, 1, 1000] ── Where ── Softmax     any T but 1000: "1000 by 4627" at run time
 *
 * After: a mask that is the same everywhere needs no length at all (its axis becomes 1 and broadcasts); one that
 * depends on the positions is computed from the size of a live tensor, once, and shared by all layers.
 *
 *     Shape ── Gather ── Range ─┬─ Unsqueeze ─┐
 *                               └─────────── Greater ── Where ── Softmax
 *
 * What counts is where the constant meets live data, after folding whatever chain of Cast, Equal, Not, Unsqueeze, Trilu
 * or ScatterND the exporter left before it.
 */
import { type BakedConstant, type Diagnosis, findBaked } from '../analysis/baked.js';
import { isCovered } from '../analysis/broadcasting.js';
import { DimSources } from '../analysis/dim-sources.js';
import { type Explanation, explain, type Generator } from '../analysis/explain/explain.js';
import { tracedSizes } from '../analysis/traced-sizes.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { emitBand, scalarOf } from '../rewrite/band.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { type SizeSource, sizeVector, unsqueeze } from '../rewrite/size.js';
import type { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { dataTypeName } from '../tensor/dtype.js';
import type { Edit, Finding, Pass, PassReport } from './pass.js';

/** Options of {@link fixMasks}. */
export interface FixMasksOptions {
  /** Sizes of graph inputs that take the place of the declared ones: a number, a symbol, or undefined (unknown). */
  readonly inputShapes?: Readonly<Record<string, readonly (number | string | undefined)[]>>;
  /** Repair what can be repaired even if other masks are left. */
  readonly partial?: boolean;
}

/** One baked constant, what it is, and the elements that say so. */
interface Candidate {
  readonly baked: BakedConstant;
  readonly tensor: DenseTensor;
  readonly explanation: Explanation;
}

/**
 * Replaces attention masks frozen at the traced length by masks of the live length.
 *
 * Recognises constants that are the same everywhere (no padding), and masks by relative position: causal, sliding
 * window, band, identity, chunks with left context, in any polarity, element type and "minus infinity". Values at the
 * traced size stay bit-identical. Masks that it cannot explain are refused with the reason, and nothing is changed.
 *
 * @example
 * ```ts
 * const model = await load('separator.onnx');
 * const report = await model.transform(fixMasks());
 * await save(model, 'separator.fixed.onnx');
 * ```
 */
export function fixMasks(options: FixMasksOptions = {}): Pass {
  return {
    name: 'fix-masks',
    async run(model) {
      return run(model, options);
    },
  };
}

function run(model: Model, options: FixMasksOptions): PassReport {
  const diagnosis = findBaked(model, options.inputShapes ? { inputShapes: options.inputShapes } : {});
  const findings: Finding[] = [];
  const unresolved: Finding[] = [];
  const others: Finding[] = [];
  const repairs: Candidate[] = [];
  for (const baked of diagnosis.constants) {
    const tensor = baked.axes.size > 0 ? diagnosis.inference.constants.dense(baked.value) : undefined;
    if (tensor === undefined) {
      others.push(describe(baked, 'baked-number', 'a number that stands for a live size', []));
      continue;
    }
    const explanation = explain(tensor, [...baked.axes.keys()]);
    const evidence = evidenceOf(baked);
    if (explanation.found && baked.elements.size === 0) {
      findings.push(describe(baked, 'baked-mask', `${explanation.name} mask`, evidence));
      repairs.push({ baked, tensor, explanation });
    } else {
      const reason = explanation.found ? 'its elements stand for sizes too' : explanation.reason;
      const maskLike = !explanation.found && explanation.maskLike;
      const list = maskLike ? unresolved : others;
      list.push(describe(baked, maskLike ? 'unexplained-mask' : 'baked-constant', reason, evidence));
    }
  }
  const sizes = Object.fromEntries(tracedSizes(diagnosis));
  if (unresolved.length > 0 && !options.partial) {
    return { pass: 'fix-masks', changed: false, findings, edits: [], unresolved, others, sizes };
  }
  const edits = rewrite(repairs, diagnosis);
  return { pass: 'fix-masks', changed: edits.length > 0, findings, edits, unresolved, others, sizes };
}

function rewrite(repairs: readonly Candidate[], diagnosis: Diagnosis): Edit[] {
  const emitter = new Emitter();
  const sources = new DimSources(diagnosis.inference);
  const edits: Edit[] = [];
  // Every reader is served in graph order, so that what is emitted for the first serves the later ones.
  const readers = repairs.flatMap((candidate) =>
    [...new Set(candidate.baked.value.uses.map(({ node }) => node))]
      .filter((node) => !isConstantNode(node, diagnosis))
      .map((node) => ({ candidate, node })),
  );
  readers.sort((a, b) => orderOf(emitter, a.node) - orderOf(emitter, b.node));
  for (const { candidate, node } of readers) {
    const { value } = candidate.baked;
    const before = node.inputs.map((input) => input === value);
    const replacement = build(candidate, node, emitter, sources, diagnosis);
    before.forEach((reads, i) => {
      if (reads) node.setInput(i, replacement);
    });
    edits.push({
      what: candidate.explanation.found ? `${candidate.explanation.name} mask` : 'mask',
      where: `input of ${nodeName(node)}`,
      before: `${value.name}: constant ${typeName(candidate.tensor)}`,
      after: `${replacement.name}: ${replacement.initializer ? 'constant that broadcasts' : 'computed at run time'}`,
    });
  }
  removeDead(new Set(repairs.map(({ baked }) => baked.value)));
  return edits;
}

/** Position of a node in the main graph: nodes of subgraphs count as their owner. */
function orderOf(emitter: Emitter, node: Node): number {
  let outer = node;
  while (outer.graph.parent !== undefined) outer = outer.graph.parent;
  return emitter.position(outer);
}

function build(
  { baked, tensor, explanation }: Candidate,
  node: Node,
  emitter: Emitter,
  sources: DimSources,
  diagnosis: Diagnosis,
): Value {
  if (!explanation.found) throw new TypeError('only explained constants are rebuilt');
  const { inference } = diagnosis;
  const rank = tensor.shape.length;
  const sizeOf = (axis: number): Dim | undefined => baked.axes.get(axis)?.size;
  const source = (axis: number) => firstAvailable(sizeOf(axis) as Dim, node, emitter, sources);
  const generator: Generator = explanation.generator;
  // Axes along which nothing changes may shrink to 1 where another operand has the size already.
  const fixed = generator.kind === 'band' ? [generator.rowAxis, generator.columnAxis] : [];
  const open = tensor.shape
    .map((_, axis) => axis)
    .filter((axis) => !fixed.includes(axis) && (tensor.shape[axis] as number) !== 1)
    .filter((axis) => {
      const size = sizeOf(axis) ?? constantDim(inference, baked.value, axis);
      return !isCovered(inference, node, rank - 1 - axis, size);
    });
  const core = generator.kind === 'fill' ? fill(generator.value) : band(generator);
  if (open.length === 0) return core;
  const target = tensor.shape.map((size, axis) =>
    sizeOf(axis) === undefined
      ? emitter.int64([size], 'size', node)
      : sizeVector(emitter, source(axis), node),
  );
  const shape = emitter.node(
    { opType: 'Concat', inputs: target, attributes: { axis: { int: 0 } }, hint: 'mask_shape' },
    node,
  );
  return emitter.node({ opType: 'Expand', inputs: [core, shape], hint: 'mask' }, node);

  function fill(element: number | bigint | string): Value {
    const scalar = scalarOf(element, tensor.dtype, tensor.data);
    return emitter.constant({ ...scalar, shape: tensor.shape.map(() => 1) }, 'mask', node);
  }

  function band({ rowAxis, columnAxis, chunk, low, high, inside, outside }: Extract<Generator, { kind: 'band' }>): Value {
    const first = Math.min(rowAxis, columnAxis);
    const last = Math.max(rowAxis, columnAxis);
    const mask = emitBand(
      emitter,
      {
        rows: source(rowAxis),
        columns: source(columnAxis),
        chunk,
        low,
        high,
        dtype: tensor.dtype,
        inside,
        outside,
        gap: last - first - 1,
        trailing: rank - 1 - last,
        transposed: rowAxis > columnAxis,
        like: tensor.data,
      },
      node,
    );
    // Leading axes of size 1 come for free where another operand has that rank.
    const needsRank = first > 0 && open.length === 0 && !isCovered(inference, node, rank - 1, undefined);
    if (!needsRank) return mask;
    const axes = Array.from({ length: first }, (_, i) => i);
    return unsqueeze(emitter, mask, axes, node);
  }
}

function isConstantNode(node: Node, { inference }: Diagnosis): boolean {
  return node.outputs.some((output) => output !== undefined && inference.constants.isConstant(output));
}

function firstAvailable(size: Dim, node: Node, emitter: Emitter, sources: DimSources): SizeSource {
  for (const source of sources.of(size, node)) if (emitter.isAvailable(source.value, node)) return source;
  throw new RangeError(`no value before ${nodeName(node)} has the size ${size}`);
}

function constantDim(inference: Diagnosis['inference'], value: Value, axis: number): Dim | undefined {
  return inference.shape(value)?.[axis];
}

function evidenceOf(baked: BakedConstant): string[] {
  return [...baked.axes].map(
    ([axis, { cell, size, evidence }]) =>
      `axis ${axis} is ${cell.traced} in the file and ${size} in ${nodeName(evidence.node)} (${evidence.what})`,
  );
}

function describe(baked: BakedConstant, code: string, text: string, evidence: string[]): Finding {
  const [first] = [...baked.axes.values(), ...baked.elements.values()];
  const message = `${baked.value.name}: ${text}`;
  return {
    code,
    message,
    value: baked.value.name,
    evidence,
    ...(first ? { node: nodeName(first.evidence.node) } : {}),
  };
}

function nodeName(node: Node): string {
  return node.name ? `${node.opType} ${node.name}` : `${node.opType} (${node.outputs[0]?.name ?? 'no output'})`;
}

function typeName({ dtype, shape }: DenseTensor): string {
  return `${dataTypeName(dtype)}[${shape.join(',')}]`;
}
