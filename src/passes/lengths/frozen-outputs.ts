/** Counts of valid positions that are outputs of the model, and constants: `encoder_out_lens`. */
import type { BatchSizes } from '../../analysis/batch-axis.js';
import { declaredDim } from '../../analysis/declared.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { unsqueeze } from '../../rewrite/size.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isInteger } from '../../tensor/dtype.js';
import type { Edit, Finding } from '../pass.js';
import type { Session } from '../repair-session.js';
import { typeText } from '../report-text.js';
import type { LengthDriver, LengthSite } from './site.js';

/** An output of the model that is the same in every run. */
export interface FrozenOutput {
  readonly value: Value;
  readonly tensor: DenseTensor;
  /** Its elements, one an item of the batch. */
  readonly counts: readonly number[];
  /** The axis of the items. */
  readonly axis: number;
  /** What the file declares that axis to be. */
  readonly declared: Dim | undefined;
}

/** More items than this are no lengths of an example. */
const MOST_ITEMS = 4096;

/** The constant outputs of whole numbers that have an element for each item of a batch. */
export function frozenOutputs({ diagnosis }: Session): FrozenOutput[] {
  const { model, constants } = diagnosis.inference;
  return model.graph.outputs.flatMap((value) => {
    const tensor = constants.isConstant(value) ? constants.dense(value) : undefined;
    if (tensor === undefined || !isInteger(tensor.dtype)) return [];
    const { shape, data } = tensor;
    const long = shape.findIndex((size) => size > 1);
    const axis = long < 0 ? 0 : long;
    if (shape.length === 0 || data.length === 0 || data.length > MOST_ITEMS || shape[axis] !== data.length) return [];
    const counts = Array.from(data as ArrayLike<number | bigint>, Number);
    const dims = value.declared?.kind === 'tensor' ? value.declared.shape : undefined;
    return counts.every((count) => count > 0)
      ? [{ value, tensor, counts, axis, declared: declaredDim(dims?.[axis]) }]
      : [];
  });
}

/** Sizes of axes of the live outputs, which counts that are outputs may belong to. */
export function outputSizes({ diagnosis }: Session, { symbols }: BatchSizes): Dim[] {
  const { inference } = diagnosis;
  const sizes = new Map<string, Dim>();
  for (const value of inference.model.graph.outputs) {
    if (inference.constants.isConstant(value)) continue;
    for (const dim of inference.shape(value) ?? []) {
      if (dim === undefined || dim.isNumber || dim.hasFresh) continue;
      if (![...dim.symbols()].some((name) => symbols.includes(name))) sizes.set(dim.key, dim);
    }
  }
  return [...sizes.values()];
}

/** What reports say of it. */
export function outputFinding({ value, counts }: FrozenOutput): Finding {
  const message = `output ${value.name}: always ${counts.length > 8 ? `${counts.slice(0, 8)}..` : counts.join(', ')}`;
  return { code: 'baked-lengths', message, value: value.name };
}

/** An output as the counts of valid positions along an axis of a size. */
export function outputSite(output: FrozenOutput, size: Dim, extent: number | undefined): LengthSite {
  const { value, counts, tensor, axis } = output;
  const { name } = value;
  const anchor = lastNode(value);
  return {
    finding: outputFinding(output),
    reader: undefined,
    size,
    extent,
    counts,
    released: value,
    refusal: (driver) =>
      anchor !== undefined && driver.canCountExactly(size, anchor)
        ? undefined
        : `counts of ${size} positions cannot be computed from lengths`,
    drive(driver: LengthDriver): Edit {
      const live = driver.exactCounts(size, anchor as Node);
      replaceOutput(value, inLayout(live, tensor, axis, anchor as Node, driver.session));
      return editOf(output, name, `${driver.describe(size)} positions valid`);
    },
  };
}

/** Lets an output be a size, for each item of the batch. Undefined where that cannot be computed. */
export function fillOutput(output: FrozenOutput, size: Dim, batch: Dim, session: Session): (() => Edit) | undefined {
  const { value, tensor, axis } = output;
  const { name } = value;
  const { sizes, emitter } = session;
  const anchor = lastNode(value);
  if (anchor === undefined || !sizes.canCompute(size, anchor) || !sizes.canCompute(batch, anchor)) return undefined;
  return () => {
    const inputs = [sizes.scalar(size, anchor), sizes.vector(batch, anchor)];
    const live = emitter.node({ opType: 'Expand', inputs, hint: 'lengths' }, anchor);
    replaceOutput(value, inLayout(live, tensor, axis, anchor, session));
    return editOf(output, name, `${size} for each of ${batch}`);
  };
}

/** A vector in the element type and shape that the constant has. */
function inLayout(vector: Value, tensor: DenseTensor, axis: number, anchor: Node, { emitter }: Session): Value {
  const rank = tensor.shape.length;
  const ones = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  const shaped = unsqueeze(emitter, vector, ones, anchor);
  if (tensor.dtype === DataType.INT64) return shaped;
  const attributes = { to: { int: tensor.dtype } };
  return emitter.node({ opType: 'Cast', inputs: [shaped], attributes, hint: 'lengths' }, anchor);
}

/** Readers inside the model keep the constant: they are judged by themselves. */
function replaceOutput(value: Value, other: Value): void {
  value.replaceAllUsesWith(other, { except: value.uses.map(({ node }) => node) });
}

function editOf({ tensor, counts }: FrozenOutput, name: string, what: string): Edit {
  const before = `constant ${typeText(tensor)} (${counts.length > 8 ? '..' : counts.join(', ')})`;
  return { what, where: `output ${name}`, before, after: 'computed at run time' };
}

/** What is emitted for an output stands before the last node: all sizes are known by then. */
function lastNode({ graph }: Value): Node | undefined {
  let last: Node | undefined;
  for (const node of graph.nodes) last = node;
  return last;
}
