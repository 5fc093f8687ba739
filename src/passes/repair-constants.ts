/** What passes that replace baked constants share: they differ in which explanations are theirs. */
import { type BakedConstant, type Diagnosis, findBaked } from '../analysis/baked.js';
import { isCovered } from '../analysis/broadcasting.js';
import { DimSources } from '../analysis/dim-sources.js';
import { type Explanation, explain } from '../analysis/explain/explain.js';
import { tracedSizes } from '../analysis/traced-sizes.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import type { GeneratorContext } from '../rewrite/generators/context.js';
import { computedAxes, emitGenerator, type Generator } from '../rewrite/generators/generate.js';
import { Sizes, unsqueeze } from '../rewrite/size.js';
import { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { dataTypeName } from '../tensor/dtype.js';
import type { Edit, Finding, PassReport } from './pass.js';

/** Options of every pass that repairs baked constants. */
export interface RepairOptions {
  /** Sizes of graph inputs that take the place of the declared ones: a number, a symbol, or undefined (unknown). */
  readonly inputShapes?: Readonly<Record<string, readonly (number | string | undefined)[]>>;
  /** Repair what can be repaired even if other defects of the pass's kind are left. */
  readonly partial?: boolean;
}

/** What a pass answers for. */
export interface ConstantPass {
  readonly name: string;
  /** Of a found generator: is it this pass's to emit? */
  readonly repairs: (generator: Generator) => boolean;
  /** Of an unexplained constant: is it this pass's to refuse? Else another pass may know more. */
  readonly refuses: (explanation: Extract<Explanation, { found: false }>) => boolean;
  /** What findings call the constants: 'mask'. */
  readonly noun: string;
  readonly maxLength: number;
}

/** A baked constant with a generator, at one of the nodes that read it. */
interface Repair {
  readonly baked: BakedConstant;
  readonly tensor: DenseTensor;
  readonly generator: Generator;
  readonly name: string;
  readonly reader: Node;
}

/** Diagnoses the model and replaces the constants that are the pass's; all of them, or (unless partial) none. */
export function repairConstants(model: Model, pass: ConstantPass, options: RepairOptions): PassReport {
  const diagnosis = findBaked(model, options.inputShapes ? { inputShapes: options.inputShapes } : {});
  const emitter = new Emitter();
  const sources = new DimSources(diagnosis.inference);
  const sizes = new Sizes(emitter, (size, anchor) => {
    for (const source of sources.of(size, anchor)) if (emitter.isAvailable(source.value, anchor)) return source;
    return undefined;
  });
  const findings: Finding[] = [];
  const unresolved: Finding[] = [];
  const others: Finding[] = [];
  const repairs: Repair[] = [];
  for (const baked of diagnosis.constants) {
    const tensor = baked.axes.size > 0 ? diagnosis.inference.constants.dense(baked.value) : undefined;
    if (tensor === undefined) {
      others.push(finding(baked, 'baked-number', describeElements(baked)));
      continue;
    }
    const explanation = explain(tensor, [...baked.axes.keys()]);
    if (!explanation.found) {
      const isOwn = pass.refuses(explanation);
      const code = isOwn ? `unexplained-${pass.noun}` : 'baked-constant';
      (isOwn ? unresolved : others).push(finding(baked, code, explanation.reason));
      continue;
    }
    const { generator, name } = explanation;
    if (!pass.repairs(generator)) {
      others.push(finding(baked, 'baked-constant', name));
      continue;
    }
    const readers = readersOf(baked.value, diagnosis);
    const blocked = readers.find((reader) => !canEmit(baked, generator, reader, diagnosis, sizes));
    if (baked.elements.size > 0 || blocked !== undefined) {
      const reason = blocked ? `no live tensor before ${nodeName(blocked)} has its size` : describeElements(baked);
      unresolved.push(finding(baked, `unexplained-${pass.noun}`, `${name}, but ${reason}`));
      continue;
    }
    findings.push(finding(baked, `baked-${pass.noun}`, name));
    for (const reader of readers) repairs.push({ baked, tensor, generator, name, reader });
  }
  for (const conflict of diagnosis.unexplained) {
    const message = `${nodeName(conflict.node)}: ${conflict.what}: ${conflict.left} cannot equal ${conflict.right}`;
    others.push({ code: 'size-conflict', message, node: nodeName(conflict.node) });
  }
  const report = { pass: pass.name, findings, unresolved, others, sizes: Object.fromEntries(tracedSizes(diagnosis)) };
  if (repairs.length === 0 || (unresolved.length > 0 && !options.partial)) {
    return { ...report, changed: false, edits: [] };
  }
  // In graph order, so that what is emitted for the first reader serves the later ones.
  repairs.sort((a, b) => orderOf(emitter, a.reader) - orderOf(emitter, b.reader));
  const edits = repairs.map((repair) => apply(repair, pass, diagnosis, emitter, sizes));
  removeDead(new Set(repairs.map(({ baked }) => baked.value)));
  return { ...report, changed: true, edits };
}

/** The live nodes that read a constant; constant ones are looked at where their own result meets live data. */
function readersOf(value: Value, { inference }: Diagnosis): Node[] {
  const isConstant = (node: Node) =>
    node.outputs.some((output) => output !== undefined && inference.constants.isConstant(output));
  return [...new Set(value.uses.map(({ node }) => node))].filter((node) => !isConstant(node));
}

function liveShape(baked: BakedConstant, { inference }: Diagnosis): Dim[] {
  const dims = inference.shape(baked.value) ?? [];
  return dims.map((dim, axis) => baked.axes.get(axis)?.size ?? dim ?? Dim.of(1));
}

/** Axes that the generator leaves at 1 though the reader needs their size: nobody else at the reader has it. */
function openAxes(baked: BakedConstant, generator: Generator, reader: Node, diagnosis: Diagnosis): number[] {
  const shape = liveShape(baked, diagnosis);
  const computed = computedAxes(generator);
  // These keep the sizes of axes that are not baked; the others broadcast along them.
  const keepsParameters = !(generator.kind === 'fill' || generator.kind === 'band');
  return shape
    .map((_, axis) => axis)
    .filter((axis) => !computed.includes(axis) && !shape[axis]?.equals(1))
    .filter((axis) => !(keepsParameters && !baked.axes.has(axis)))
    .filter((axis) => !isCovered(diagnosis.inference, reader, shape.length - 1 - axis, shape[axis]));
}

function canEmit(
  baked: BakedConstant,
  generator: Generator,
  reader: Node,
  diagnosis: Diagnosis,
  sizes: Sizes,
): boolean {
  const shape = liveShape(baked, diagnosis);
  const needed = [...computedAxes(generator), ...openAxes(baked, generator, reader, diagnosis)];
  return needed.every((axis) => sizes.canCompute(shape[axis] as Dim, reader));
}

function apply(
  { baked, tensor, generator, name, reader }: Repair,
  { maxLength }: ConstantPass,
  diagnosis: Diagnosis,
  emitter: Emitter,
  sizes: Sizes,
): Edit {
  const { value } = baked;
  const shape = liveShape(baked, diagnosis);
  const context: GeneratorContext = { emitter, sizes, anchor: reader, tensor, shape, maxLength };
  let replacement = emitGenerator(generator, context);
  if (openAxes(baked, generator, reader, diagnosis).length > 0) {
    const target = sizes.shape(shape, reader);
    replacement = emitter.node({ opType: 'Expand', inputs: [replacement, target], hint: 'mask' }, reader);
  } else if (generator.kind === 'band') {
    // Leading axes of size 1 come for free where another operand has that rank.
    const missing = Math.min(generator.rowAxis, generator.columnAxis);
    if (missing > 0 && !isCovered(diagnosis.inference, reader, shape.length - 1, undefined)) {
      const axes = Array.from({ length: missing }, (_, axis) => axis);
      replacement = unsqueeze(emitter, replacement, axes, reader);
    }
  }
  reader.inputs.forEach((input, i) => {
    if (input === value) reader.setInput(i, replacement);
  });
  return {
    what: name,
    where: `input of ${nodeName(reader)}`,
    before: `${value.name}: constant ${dataTypeName(tensor.dtype)}[${tensor.shape.join(',')}]`,
    after: replacement.initializer
      ? `${replacement.name}: constant that broadcasts`
      : `${replacement.name}: computed at run time`,
  };
}

/** Position of a node in the main graph: nodes of subgraphs count as their owner. */
function orderOf(emitter: Emitter, node: Node): number {
  let outer = node;
  while (outer.graph.parent !== undefined) outer = outer.graph.parent;
  return emitter.position(outer);
}

function finding(baked: BakedConstant, code: string, text: string): Finding {
  const cells = [...baked.axes.values(), ...baked.elements.values()];
  const evidence = cells.map(
    ({ cell, size, evidence: { node, what } }) =>
      `${cell.kind === 'size' ? `axis ${cell.index}` : `element ${cell.index}`} is ${cell.traced} in the file ` +
      `and ${size} at ${nodeName(node)} (${what})`,
  );
  const [first] = cells;
  return {
    code,
    message: `${baked.value.name}: ${text}`,
    value: baked.value.name,
    evidence,
    ...(first ? { node: nodeName(first.evidence.node) } : {}),
  };
}

function describeElements({ elements }: BakedConstant): string {
  const list = [...elements.values()].map(({ cell, size }) => `${cell.traced} stands for ${size}`);
  return list.join(', ');
}

function nodeName(node: Node): string {
  return node.name ? `${node.opType} ${node.name}` : `${node.opType} (${node.outputs[0]?.name ?? 'no output'})`;
}
