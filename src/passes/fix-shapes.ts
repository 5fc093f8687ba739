/**
 * fix-shapes: sizes that were written into the operands of Reshape, Expand, Slice, Split ... are live again.
 *
 * Before: a size went through a Python integer, so the number of the example input was written down.
 *
 *     x [B, T, D] ── Reshape [2, 18, 4, 8]          any B but 2, any T but 18 fails
 *
 * After: the smallest edit that says the same for every size. Reshape can copy a size (0) or work one out (-1); where that
 * is not enough, and for other operators, the size is read from a live tensor.
 *
 *     x [B, T, D] ── Reshape [0, 0, 4, 8]
 *     Shape ── Gather ── Concat ([2] -> size of x, [18] -> size of x, 4, 8) ── Expand
 *
 * So do scalars that were a size, or a power of one: what a sum over T positions is divided by; and what turns pixels into
 * coordinates at which an image is sampled. A pooling whose window was all of a live axis becomes one over whatever the
 * axis has. A Reshape that an optimiser wrote for a Transpose of one item is a Transpose again.
 */

import type { BakedConstant } from '../analysis/baked-constants.js';
import { frozenPools } from '../analysis/frozen-pools.js';
import { splitsSortedRows } from '../analysis/sorted-rows.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import { repairDirections } from './folded-directions.js';
import { repairFactors } from './frozen-factors.js';
import { repairPools } from './frozen-pools.js';
import { replaceInput } from './layout.js';
import type { Edit, Pass } from './pass.js';
import { finishReport, type RepairOptions, type SelfRepair, type Session, startRepair } from './repair-session.js';
import { bakedFinding, elementsText, nodeName, typeText } from './report-text.js';
import { repairScales } from './sampling-scales.js';

/** Options of {@link fixShapes}. */
export interface FixShapesOptions extends RepairOptions {}

/**
 * Replaces sizes frozen into shape operands by live sizes: whole numbers in constants that operators prove to stand for a
 * symbolic size, also through sums, products and divisions (`B * T`, `2 * T - 1`).
 */
export function fixShapes(options: FixShapesOptions = {}): Pass {
  return {
    name: 'fix-shapes',
    async run(model) {
      const pools = frozenPools(model, options.inputShapes ? { inputShapes: options.inputShapes } : {});
      const session = startRepair(model, options, pools);
      const repairs: SelfRepair[] = [
        ...repairFactors(model, session),
        ...repairScales(model, session),
        ...repairPools(pools.pools, session),
        ...repairDirections(session),
      ];
      for (const { baked, tensor, explanation } of session.constants) {
        if (baked.axes.size > 0) {
          const text = explanation.found ? explanation.name : explanation.reason;
          session.others.push(bakedFinding(baked, 'baked-constant', text));
          continue;
        }
        const readers = session.readersOf(baked);
        const counting = readers.find((reader) => splitsSortedRows(reader, session.diagnosis.inference));
        if (counting !== undefined) {
          const why = `sizes of the parts of ${nodeName(counting)} were counted once: the data put its rows in order (a mixture of experts?), and what counts how many go to each part is not in the file; it has to be exported again`;
          session.unresolved.push(bakedFinding(baked, 'unexplained-size', why));
          continue;
        }
        const blocked = readers.find((reader) => !canRebuild(baked, reader, session));
        if (tensor === undefined || blocked !== undefined) {
          const why = blocked ? `no live tensor before ${nodeName(blocked)} has that size` : 'it cannot be read';
          session.unresolved.push(bakedFinding(baked, 'unexplained-size', `${elementsText(baked)}, but ${why}`));
          continue;
        }
        session.findings.push(bakedFinding(baked, 'baked-size', elementsText(baked)));
        for (const reader of readers) {
          repairs.push({ baked, reader, apply: () => rebuild(baked, tensor, reader, session) });
        }
      }
      return finishReport('fix-shapes', session, options, repairs, (repair) => repair.apply());
    },
  };
}

function canRebuild(baked: BakedConstant, reader: Node, { sizes }: Session): boolean {
  return [...baked.elements.values()].every(({ size }) => sizes.canCompute(size, reader));
}

function rebuild(baked: BakedConstant, tensor: DenseTensor, reader: Node, session: Session): Edit {
  const { value } = baked;
  const replacement = shorthand(baked, tensor, reader, session) ?? computed(baked, tensor, reader, session);
  replaceInput(reader, value, replacement);
  return {
    what: elementsText(baked),
    where: `input of ${nodeName(reader)}`,
    before: `${value.name}: constant ${typeText(tensor)} (${tensor.data.join(', ')})`,
    after: replacement.initializer
      ? `${replacement.name}: (${replacement.initializer.dense().data.join(', ')})`
      : `${replacement.name}: computed at run time`,
  };
}

/** For Reshape: 0 copies the size of the same axis, -1 works out the one that is left. Undefined where that is not enough. */
function shorthand(
  { elements, value }: BakedConstant,
  tensor: DenseTensor,
  reader: Node,
  { diagnosis, emitter }: Session,
): Value | undefined {
  if (reader.opType !== 'Reshape' || reader.domain !== '' || reader.inputs[1] !== value) return undefined;
  if (reader.attributes.get('allowzero')?.asInt()) return undefined;
  // Where the counts still disagree, a -1 would take in what is wrong.
  if (diagnosis.unexplained.some(({ node }) => node === reader)) return undefined;
  const [input] = reader.inputs;
  const facts = input && diagnosis.inference.seen(input, reader);
  const shape = facts?.kind === 'tensor' ? facts.shape : undefined;
  const target = Array.from(tensor.data as ArrayLike<bigint>, Number);
  const left: number[] = [];
  for (const [i, { size }] of elements) {
    if (shape?.[i]?.equals(size)) target[i] = 0;
    else left.push(i);
  }
  if (left.length > 1 || (left.length === 1 && target.includes(-1))) return undefined;
  for (const i of left) target[i] = -1;
  return emitter.int64(target, 'shape', reader);
}

function computed(baked: BakedConstant, tensor: DenseTensor, reader: Node, { sizes, emitter }: Session): Value {
  const dims = Array.from(
    tensor.data as ArrayLike<bigint | number>,
    (element, i) => baked.elements.get(i)?.size ?? Dim.of(Number(element)),
  );
  let value = tensor.shape.length === 0 ? sizes.scalar(dims[0] as Dim, reader) : sizes.shape(dims, reader);
  if (tensor.shape.length > 1) {
    const inputs = [value, emitter.int64(tensor.shape, 'shape', reader)];
    value = emitter.node({ opType: 'Reshape', inputs, hint: 'sizes' }, reader);
  }
  if (tensor.dtype === DataType.INT64) return value;
  const attributes = { to: { int: tensor.dtype } };
  return emitter.node({ opType: 'Cast', inputs: [value], attributes, hint: 'size' }, reader);
}
