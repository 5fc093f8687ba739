/** What every pass that repairs baked constants works with: the diagnosis, and what to emit with. */

import type { BakedConstant } from '../analysis/baked-constants.js';
import { broadcasts } from '../analysis/broadcasting.js';
import { DimSources } from '../analysis/dim-sources.js';
import { keepDiagnosis } from '../analysis/earlier-diagnosis.js';
import { elidedPadding } from '../analysis/elided-padding.js';
import { givenSizes } from '../analysis/evidence/traced-sizes.js';
import { explainBaked } from '../analysis/explained.js';
import type { ExplainedConstant, ExplainedDiagnosis } from '../analysis/explained-diagnosis.js';
import type { FrozenPools } from '../analysis/frozen-pools.js';
import { inferPlain } from '../analysis/infer-plain.js';
import { tracedSizes } from '../analysis/traced-sizes.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { Sizes } from '../rewrite/size.js';
import { Dim } from '../symbolic/dim.js';
import type { Edit, Finding, PassReport } from './pass.js';
import { refreshDeclarations } from './refresh-declarations.js';
import { bakedFinding, nodeName } from './report-text.js';

/** Options of every pass that repairs baked constants. */
export interface RepairOptions {
  /** Sizes of graph inputs that take the place of the declared ones: a number, a symbol, or undefined (unknown). */
  readonly inputShapes?: Readonly<Record<string, readonly (number | string | undefined)[]>>;
  /** The sizes that inputs had when the model was exported, by the inputs' names. */
  readonly tracedShapes?: Readonly<Record<string, readonly number[]>>;
  /** Repair what can be repaired even if other defects of the pass's kind are left. */
  readonly partial?: boolean;
}

/** The state of one run of a pass on one model. */
export interface Session {
  readonly diagnosis: ExplainedDiagnosis;
  /** Does the diagnosis take sizes for granted that the model does not have? */
  readonly assumes: boolean;
  /** Sizes of the input symbols when the model was exported, given or solved; repairs may find out more. */
  readonly traced: Map<string, number>;
  /** The baked constants that are defects: without parameters, whose size is the model's own. */
  readonly constants: readonly ExplainedConstant[];
  readonly emitter: Emitter;
  readonly sizes: Sizes;
  readonly findings: Finding[];
  readonly unresolved: Finding[];
  /** Defects that belong to other passes. */
  readonly others: Finding[];
  /** The live nodes that read a constant and for which it is baked. */
  readersOf(baked: Pick<BakedConstant, 'value' | 'readers'>): Node[];
}

/** What earlier passes on a model found out: the numbers that tell the traced sizes are gone once they are repaired. */
const solvedSizes = new WeakMap<Model, ReadonlyMap<string, number>>();

/** Diagnoses a model, with whatever is known of poolings that are to be repaired. */
export function startRepair(model: Model, options: RepairOptions, pools?: FrozenPools): Session {
  const { inputShapes } = options;
  const given = givenSizes(model, options);
  const known = new Map([...(solvedSizes.get(model) ?? []), ...(pools?.traced ?? []), ...given]);
  const assumed = pools?.assumed.size ? { assumed: pools.assumed } : undefined;
  const diagnosis = explainBaked(model, {
    ...(inputShapes ? { inputShapes } : {}),
    ...assumed,
    traced: known,
  });
  const traced = new Map([...tracedSizes(diagnosis.constants.map(({ baked }) => baked)), ...known]);
  solvedSizes.set(model, traced);
  const { constants } = diagnosis.inference;
  const emitter = new Emitter();
  const sources = new DimSources(diagnosis.inference, () => inferPlain(model, inputShapes, constants));
  const sizes = new Sizes(emitter, (size, anchor) => {
    for (const source of sources.of(size, anchor)) if (emitter.isAvailable(source.value, anchor)) return source;
    return undefined;
  });
  const others: Finding[] = diagnosis.unexplained.map(({ node, what, left, right }) => ({
    code: 'size-conflict',
    message: `${nodeName(node)}: ${what}: ${left} cannot equal ${right}`,
    node: nodeName(node),
  }));
  others.push(...restrictions(diagnosis));
  const readersOf: Session['readersOf'] = ({ value, readers }) =>
    [...new Set(value.uses.map(({ node }) => node))].filter(
      (node) => !constants.isFolded(node) && (readers?.has(node) ?? true),
    );
  const parameters = new Set(
    diagnosis.constants.filter((constant) => isParameter(constant, readersOf(constant.baked))),
  );
  const fixed = fixedSizes([...parameters]);
  const defects = diagnosis.constants.filter((constant) => {
    const readers = readersOf(constant.baked);
    if (parameters.has(constant) || isFixed(constant, fixed)) return false;
    const isList = areSingles(constant) && readers.every(({ opType }) => opType.startsWith('Split'));
    if (isList) others.push(bakedFinding(constant.baked, 'unrolled-loop', 'single items, as many as the example had'));
    return !isList;
  });
  return {
    diagnosis,
    assumes: assumed !== undefined,
    traced,
    constants: defects,
    emitter,
    sizes,
    findings: [],
    unresolved: [],
    others,
    readersOf,
  };
}

/** What works at some sizes only, because of something that is no longer in the file. */
function restrictions({ demands, inference }: ExplainedDiagnosis): Finding[] {
  const findings = demands
    .filter(({ kind }) => kind === 'contradiction')
    .map(
      ({ node, what, left, right }): Finding => ({
        code: 'size-contradiction',
        message: `${nodeName(node)}: ${what}: ${left} and ${right} are equal at single sizes only`,
        node: nodeName(node),
      }),
    );
  const elided = elidedPadding(inference, demands);
  if (elided !== undefined) {
    const { node, what, left, right } = elided;
    const message = `${nodeName(node)}: ${what}: ${left} and ${right} are equal only where sizes divide; a padding or crop that the traced size did not need was left out, and one export cannot tell which`;
    findings.push({ code: 'elided-padding', message, node: nodeName(node) });
  }
  return findings;
}

/**
 * A learned table that is added per position and feature is the model's own: a size that depends on it was declared too
 * freely, but nothing was frozen. Only where it has one row a position can rows be left out.
 */
function isParameter({ baked, tensor, explanation }: ExplainedConstant, readers: readonly Node[]): boolean {
  if (tensor === undefined || !explanation.found) return false;
  const { kind } = explanation.generator;
  // What a function does with it can be seen once its nodes stand in the place of the call.
  const { functions } = baked.value.graph.model;
  const isCall = ({ domain, opType }: Node) => functions.some((fn) => fn.domain === domain && fn.name === opType);
  if (baked.value.initializer === undefined || !readers.every((node) => broadcasts(node) || isCall(node))) return false;
  if (kind === 'fill') return tensor.shape.some((size, axis) => size > 1 && !baked.axes.has(axis));
  return kind === 'prefix-table' && ![...baked.axes.values()].every(({ size }) => isPositionCount(size));
}

/** Sizes that learned tables leave no choice: an optimiser may write them into every Reshape. */
function fixedSizes(parameters: readonly ExplainedConstant[]): ReadonlySet<string> {
  return new Set(parameters.flatMap(({ baked }) => [...baked.axes.values()].map(({ size }) => size.key)));
}

function isFixed({ baked }: ExplainedConstant, fixed: ReadonlySet<string>): boolean {
  return [...baked.axes.values(), ...baked.elements.values()].every(({ size }) => fixed.has(size.key));
}

/** Sizes of a list of single items: no item of it may become larger when there are more. */
function areSingles({ tensor }: ExplainedConstant): boolean {
  const data = tensor?.data;
  return data instanceof BigInt64Array && data.length > 1 && data.every((size) => size === 1n);
}

/** One symbol, plus or minus a constant: T, T + 1. */
export function isPositionCount(size: Dim): boolean {
  const [symbol, ...more] = size.symbols();
  return symbol !== undefined && more.length === 0 && size.sub(Dim.symbol(symbol)).isNumber;
}

/** A node that is put right, and the constant that it reads if that was baked. */
export interface Repair {
  readonly baked?: Pick<BakedConstant, 'value'>;
  readonly reader: Node;
}

/** A repair that knows how to make itself. */
export interface SelfRepair extends Repair {
  apply(): Edit;
}

/** Makes all repairs, in graph order, or (unless the options allow a partial repair) none when something is unresolved. */
export function finishReport<R extends Repair>(
  pass: string,
  { diagnosis, assumes, traced, emitter, findings, unresolved, others }: Session,
  options: RepairOptions,
  repairs: readonly R[],
  apply: (repair: R) => Edit,
): PassReport {
  const sizes = Object.fromEntries(traced);
  const report = { pass, findings, unresolved, others, sizes };
  if (repairs.length === 0 || (unresolved.length > 0 && !options.partial)) {
    return { ...report, changed: false, edits: [] };
  }
  // In graph order, so that what is emitted for the first reader serves the later ones.
  const ordered = [...repairs].sort((a, b) => orderOf(emitter, a.reader) - orderOf(emitter, b.reader));
  const edits = ordered.map(apply);
  removeDead(new Set(repairs.flatMap(({ baked }) => baked?.value ?? [])));
  edits.push(...refreshDeclarations(diagnosis.inference.model, diagnosis.inference, 'keep'));
  if (!assumes) keepDiagnosis(diagnosis, options.inputShapes);
  return { ...report, changed: true, edits };
}

/** Position of a node in the main graph: nodes of subgraphs count as their owner; none comes last. */
export function orderOf(emitter: Emitter, node: Node | undefined): number {
  let outer = node;
  while (outer?.graph.parent !== undefined) outer = outer.graph.parent;
  return outer === undefined ? Number.POSITIVE_INFINITY : emitter.position(outer);
}
