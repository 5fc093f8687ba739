/** What passes that replace baked constants by generators share: they differ in which generators are theirs. */

import type { BakedConstant } from '../analysis/baked-constants.js';
import { broadcasts, isCovered } from '../analysis/broadcasting.js';
import type { Explanation } from '../analysis/explain/explain.js';
import { describeNearest } from '../analysis/explain/nearest.js';
import { once } from '../analysis/explain/once.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import {
  computedAxes,
  emitGenerator,
  type Generator,
  keepsParameters,
  missingAxes,
  neededAxes,
} from '../rewrite/generators/generate.js';
import { opsetOf } from '../rewrite/size.js';
import { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { replaceInput, withRank } from './layout.js';
import { emitLength, fullLength } from './lengths/full-lengths.js';
import type { Edit, Finding, PassReport } from './pass.js';
import { finishReport, isPositionCount, type RepairOptions, type Session, startRepair } from './repair-session.js';
import { bakedFinding, elementsText, nodeName, typeText } from './report-text.js';

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
  /** Compute tables at run time. */
  readonly computed?: boolean;
  /** What else of the pass's kind is wrong with the model, and cannot be repaired. */
  readonly lost?: (session: Session) => Finding[];
  /** Further edits of the pass, once constants are repaired. */
  readonly also?: (session: Session) => FurtherEdits;
}

/** Edits besides those of baked constants. */
interface FurtherEdits extends Pick<PassReport, 'edits' | 'unresolved' | 'reassociates'> {}

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
  const session = startRepair(model, options);
  const { findings, unresolved, others } = session;
  const repairs: Repair[] = [];
  unresolved.push(...(pass.lost?.(session) ?? []));
  for (const { baked, tensor, explanation } of session.constants) {
    if (baked.axes.size === 0) {
      others.push(bakedFinding(baked, 'baked-size', elementsText(baked)));
      continue;
    }
    if (tensor === undefined || !explanation.found) {
      const isOwn = !explanation.found && pass.refuses(explanation);
      const code = isOwn ? `unexplained-${pass.noun}` : 'baked-constant';
      const reason = explanation.found ? 'it cannot be read' : reasonOf(explanation, baked, tensor);
      (isOwn ? unresolved : others).push(bakedFinding(baked, code, reason));
      continue;
    }
    const { generator, name } = explanation;
    if (!pass.repairs(generator)) {
      others.push(bakedFinding(baked, 'baked-constant', name));
      continue;
    }
    const readers = session.readersOf(baked);
    const blocked = readers.find((reader) => !canEmit(baked, generator, reader, session));
    if (baked.elements.size > 0 || blocked !== undefined) {
      const reason = blocked ? `${nodeName(blocked)} cannot read it at a live size` : elementsText(baked);
      unresolved.push(bakedFinding(baked, `unexplained-${pass.noun}`, `${name}, but ${reason}`));
      continue;
    }
    findings.push(bakedFinding(baked, `baked-${pass.noun}`, name));
    for (const reader of readers) repairs.push({ baked, tensor, generator, name, reader });
  }
  const finished = finishReport(pass.name, session, options, repairs, (repair) => apply(repair, pass, session));
  // Sines at run time are not those of the exporter to the last bit.
  const report = pass.computed && finished.changed ? { ...finished, reassociates: true } : finished;
  if (pass.also === undefined || (report.unresolved.length > 0 && !options.partial)) return report;
  const more = pass.also(session);
  return {
    ...report,
    changed: report.changed || more.edits.length > 0,
    edits: [...report.edits, ...more.edits],
    unresolved: [...report.unresolved, ...more.unresolved],
    ...(report.reassociates || more.reassociates ? { reassociates: true } : {}),
  };
}

/** Why nothing was found, and what comes nearest. */
function reasonOf(
  { reason, padMask }: Extract<Explanation, { found: false }>,
  baked: BakedConstant,
  tensor: DenseTensor | undefined,
): string {
  const nearest = tensor && padMask === undefined ? describeNearest(tensor, [...baked.axes.keys()]) : undefined;
  return nearest === undefined ? reason : `${reason}; ${nearest}`;
}

function liveShape(baked: BakedConstant, { diagnosis }: Session): Dim[] {
  const dims = diagnosis.inference.shape(baked.value) ?? [];
  return dims.map((dim, axis) => baked.axes.get(axis)?.size ?? dim ?? Dim.of(1));
}

/** Axes that the generator leaves at 1 though the reader needs their size: nobody else at the reader has it. */
function openAxes(baked: BakedConstant, generator: Generator, reader: Node, session: Session): number[] {
  const shape = liveShape(baked, session);
  const computed = computedAxes(generator);
  return shape
    .map((_, axis) => axis)
    .filter((axis) => !computed.includes(axis) && !shape[axis]?.equals(1))
    .filter((axis) => !(keepsParameters(generator) && !baked.axes.has(axis)))
    .filter((axis) => !isCovered(session.diagnosis.inference, reader, shape.length - 1 - axis, shape[axis]));
}

/** Rows of a table that is the same for each item of a batch are kept once. */
function isTable({ kind }: Generator): boolean {
  return kind === 'sinusoid-table' || kind === 'prefix-table';
}

/** Is more or less of the same along the baked axes more or less of the reader's result? */
function broadcastsAlong(reader: Node, { axes, value }: BakedConstant, rank: number): boolean {
  if (broadcasts(reader)) return true;
  if (reader.domain !== '') return false;
  const baked = [...axes.keys()];
  switch (reader.opType) {
    case 'Concat': {
      const joined = Number(reader.attributes.get('axis')?.asInt() ?? 0);
      return !baked.includes(joined < 0 ? joined + rank : joined);
    }
    case 'MatMul':
      return baked.every((axis) => axis < rank - 2);
    // A first state that is the same for each item: the axis of a state is that of the items.
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return reader.inputs.every((input, i) => input !== value || i >= 5) && baked.every((axis) => axis === 1);
    case 'Loop':
      return true;
    case 'Scan': {
      const states = reader.inputs.length - Number(reader.attributes.get('num_scan_inputs')?.asInt() ?? 0);
      return opsetOf(reader) >= 9 && reader.inputs.every((input, i) => input !== value || i < states);
    }
    default:
      return false;
  }
}

function canEmit(baked: BakedConstant, generator: Generator, reader: Node, session: Session): boolean {
  const shape = liveShape(baked, session);
  // Cutting a table is right where it is added to a sequence; anywhere else its size may be the model's own.
  if (generator.kind === 'prefix-table') {
    if (reader.opType !== 'Add' || opsetOf(reader) < 10 || !isPositionCount(shape[generator.axis] as Dim)) return false;
  }
  // What a product sums over are weights, not the same thing many times.
  if (generator.kind === 'repeated' && !broadcastsAlong(reader, baked, shape.length)) return false;
  const needed = [...neededAxes(generator), ...openAxes(baked, generator, reader, session)];
  return needed.every((axis) => session.sizes.canCompute(shape[axis] as Dim, reader));
}

function apply(
  { baked, tensor, generator, name, reader }: Repair,
  { maxLength, computed = false }: ConstantPass,
  session: Session,
): Edit {
  const { value } = baked;
  const { emitter, sizes } = session;
  const shape = liveShape(baked, session);
  const table = isTable(generator) ? once(tensor, [...baked.axes.keys()]) : tensor;
  const context = { emitter, sizes, anchor: reader, tensor: table, shape, maxLength, computed };
  const length = fullLength(baked, generator, reader, session);
  let replacement = length ? emitLength(length, tensor, reader, session) : emitGenerator(generator, context);
  if (openAxes(baked, generator, reader, session).length > 0) {
    const inputs = [replacement, sizes.shape(shape, reader)];
    replacement = emitter.node({ opType: 'Expand', inputs, hint: 'expanded' }, reader);
  } else {
    const rank = shape.length - missingAxes(generator, shape.length);
    replacement = withRank(replacement, rank, shape.length, reader, session);
  }
  replaceInput(reader, value, replacement);
  return {
    what: length ? `${name}, which stands for ${length}` : name,
    where: `input of ${nodeName(reader)}`,
    before: `${value.name}: constant ${typeText(tensor)}`,
    after: replacement.initializer
      ? `${replacement.name}: constant that broadcasts`
      : `${replacement.name}: computed at run time`,
  };
}
