import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { frontAxis, integersOf, isOp, isWritten, parameter, shapeOf } from './look.js';

/**
 * Relative positions that become absolute ones, and back, by reading rows as if they had another length, as VITS does, with
 * all numbers frozen at T = 20:
 *
 *     [.., T, 2T - 1] -> Pad one column -> Reshape [.., 800] -> Pad 19 behind -> Reshape [.., 21, 39] -> Slice [:20, 19:]
 *     [.., T, T] -> Pad 19 columns -> Reshape [.., 780] -> Pad 20 in front -> Reshape [.., 20, 40] -> Slice [:, 1:]
 *
 * In rows that are one shorter, row i begins i columns further left. The numbers alone show it: each row is one off, and what
 * is padded fills the last row up. Operators demand less: there are other sizes, of no meaning, that fit as well.
 */
export function* relativeSkews({ inference, nodes }: Scene): Iterable<Claim> {
  for (const node of nodes) {
    const skew = skewOf(node, inference);
    if (skew === undefined) continue;
    const { size, columns, flat, padding, target } = skew;
    const claim = (at: Node, left: Dim | undefined, right: Dim | undefined, what: string, isTable = false): Claim[] =>
      left !== undefined && right !== undefined && !left.equals(right)
        ? [{ node: at, what, left, right, needsTraced: false, isTable }]
        : [];
    const all = size.mul(2).sub(1);
    const relative = `relative positions of ${size} positions`;
    const ofTable = (length: Dim | undefined, reader: Node) =>
      tableSizes(length, reader, inference).flatMap(({ node: at, left, meaning }) =>
        claim(at, left, meaning(all), relative, true),
      );
    const [rows, width] = target.slice(-2);
    if (skew.kind === 'to absolute') {
      yield* ofTable(columns, skew.padded);
      yield* claim(node, flat, size.mul(all.add(1)), `rows of relative positions, one after the other`);
      yield* claim(node, padding, size.sub(1), `padding of rows of relative positions`);
      yield* claim(node, rows, size.add(1), `rows of relative positions`);
      yield* claim(node, width, all, `relative positions that a row is shifted by one of`);
      for (const { slice, start, end } of skew.cuts) {
        yield* claim(slice, start, size.sub(1), `column of the first row's first position`);
        yield* claim(slice, end, size, `rows of positions`);
      }
    } else {
      yield* claim(skew.padded, columns, all, relative);
      for (const { product, rows } of tablesBehind(node, inference)) yield* ofTable(rows, product);
      yield* claim(node, flat, size.mul(all), `rows of positions, one after the other`);
      yield* claim(node, padding, size, `padding of rows of positions`);
      yield* claim(node, rows, size, `rows of positions`);
      yield* claim(node, width, all.add(1), `relative positions that a row is shifted by one of`);
    }
  }
}

/** A Reshape to rows that are one shorter or longer; numbers are the file's. */
interface Skew {
  readonly kind: 'to absolute' | 'to relative';
  /** How many positions there are. */
  readonly size: Dim;
  /** What adds columns, and how many relative positions there are. */
  readonly padded: Node;
  readonly columns: Dim | undefined;
  readonly flat: Dim | undefined;
  readonly padding: Dim;
  readonly target: readonly (Dim | undefined)[];
  /** The Slices that leave the absolute positions: frozen starts of the last axis, frozen ends of the one before. */
  readonly cuts: readonly { readonly slice: Node; readonly start?: Dim; readonly end?: Dim }[];
}

function skewOf(node: Node, inference: Inference): Skew | undefined {
  const target = isOp(node, 'Reshape') ? integersOf(inference, node.inputs[1]) : undefined;
  const [rows, width] = target?.slice(-2) ?? [];
  const filling = node.inputs[0]?.producer;
  const flattening = filling && isOp(filling, 'Pad') ? filling.inputs[0]?.producer : undefined;
  const padded = flattening && isOp(flattening, 'Reshape') ? flattening.inputs[0]?.producer : undefined;
  if (!target || !isWritten(rows) || !isWritten(width) || !filling || !flattening || !padded) return undefined;
  const size = shapeOf(inference, padded.outputs[0])?.at(-2);
  if (size === undefined || size.isNumber || size.hasFresh || !isOp(padded, 'Pad')) return undefined;
  const flat = integersOf(inference, flattening.inputs[1])?.at(-1);
  const own = { size, padded, flat: isWritten(flat) && flat.value > 0 ? flat : undefined, target };
  const [head, tail] = lastAmounts(filling, inference);
  const [before, behind] = lastAmounts(padded, inference);
  if (head === undefined || tail === undefined || !before?.isZero() || behind === undefined) return undefined;
  const positions = (width.value + 1) / 2;
  if (head.isZero() && isWritten(tail) && behind.value === 1) {
    // Rows of 2T are read as T + 1 rows of 2T - 1.
    const columns = shapeOf(inference, padded.inputs[0])?.at(-1);
    const cuts = cutsOf(node, inference);
    const isSkew = rows.value === positions + 1 && tail.value === positions - 1 && rows.value > 2;
    if (!isSkew || !cuts.some(({ start }) => start?.value === positions - 1)) return undefined;
    return { kind: 'to absolute', ...own, columns, padding: tail, cuts };
  }
  if (tail.isZero() && isWritten(head) && head.value === rows.value && width.value === 2 * rows.value) {
    // Rows of 2T - 1 are read as T rows of 2T.
    if (behind.value !== rows.value - 1 || rows.value < 2) return undefined;
    const columns = shapeOf(inference, padded.outputs[0])?.at(-1);
    return { kind: 'to relative', ...own, columns, padding: head, cuts: [] };
  }
  return undefined;
}

/** A frozen size of a table, and the amounts of Pad that made it so long in the first place. */
interface TableSize {
  readonly node: Node;
  readonly left: Dim;
  /** What is to be `right` of it: all of the relative positions, or half of those that are not in the table. */
  readonly meaning: (all: Dim) => Dim | undefined;
}

/** The numbers that made a table as long as it is: its own size, what it was cut to, what it was padded by on both sides. */
function tableSizes(size: Dim | undefined, node: Node, inference: Inference): TableSize[] {
  if (!isWritten(size)) return [];
  const uses = [...size.cells].flatMap((id) => inference.cells?.get(id)?.value.uses ?? []);
  const pad = uses.find((use) => isOp(use.node, 'Pad') && use.index === 1)?.node;
  const amounts = pad && evenAmounts(pad, size.value, inference);
  if (amounts !== undefined) return amounts;
  // A cut that cuts nothing off: there were just as many rows.
  const uncut = uses
    .filter((use) => isOp(use.node, 'Slice') && use.index === 2)
    .flatMap(({ node: slice }) =>
      (shapeOf(inference, slice.inputs[0]) ?? [])
        .filter((length) => length?.value === size.value)
        .flatMap((length) => tableSizes(length, slice, inference)),
    );
  return [{ node, left: size, meaning: (all) => all }, ...uncut];
}

/** What the rows that a Reshape made are multiplied by, less their first column. */
function tablesBehind(node: Node, inference: Inference): { product: Node; rows: Dim | undefined }[] {
  const slices = node.outputs[0]?.uses.filter((use) => isOp(use.node, 'Slice')) ?? [];
  const uses = slices.flatMap(({ node: slice }) => slice.outputs[0]?.uses ?? []);
  return uses
    .filter((use) => isOp(use.node, 'MatMul') && use.index === 0)
    .map(({ node: product }) => ({ product, rows: shapeOf(inference, product.inputs[1])?.at(-2) }));
}

function evenAmounts(pad: Node, size: number, inference: Inference): TableSize[] | undefined {
  const axis = shapeOf(inference, pad.outputs[0])?.findIndex((length) => length?.value === size) ?? -1;
  const own = shapeOf(inference, pad.inputs[0]);
  const amounts = parameter(inference, pad, 'pads', 1);
  const [rows, head, tail] = [own?.[axis], amounts?.[axis], amounts?.[axis + (own?.length ?? 0)]];
  if (rows === undefined || !isWritten(head) || !isWritten(tail) || head.value !== tail.value) return undefined;
  const meaning = (all: Dim) => all.sub(rows.withoutOrigin()).exactQuotient(2);
  return [head, tail].map((left) => ({ node: pad, left, meaning }));
}

/** What a Pad adds in front of the last axis and behind it; nothing when it pads other axes as well. */
function lastAmounts(pad: Node, inference: Inference): readonly (Dim | undefined)[] {
  const amounts = parameter(inference, pad, 'pads', 1);
  const rank = (amounts?.length ?? 0) / 2;
  if (amounts === undefined || (pad.attributes.get('mode')?.asString() ?? 'constant') !== 'constant') return [];
  const isOthers = amounts.every((amount, i) => i % rank === rank - 1 || amount?.isZero());
  return isOthers ? [amounts[rank - 1], amounts[2 * rank - 1]] : [];
}

/** The frozen bounds of the Slices that read a value, one after the other. */
function cutsOf(node: Node, inference: Inference): Skew['cuts'] {
  const cuts: { slice: Node; start?: Dim; end?: Dim }[] = [];
  let value: Value | undefined = node.outputs[0];
  for (let step = 0; step < 2 && value !== undefined; step++) {
    const slices: Node[] = value.uses.map((use) => use.node).filter((user) => isOp(user, 'Slice'));
    for (const slice of slices) {
      const rank = shapeOf(inference, value)?.length;
      const starts = parameter(inference, slice, 'starts', 1);
      const ends = parameter(inference, slice, 'ends', 2);
      const axes = parameter(inference, slice, 'axes', 3) ?? starts?.map(() => undefined);
      for (const [i, axis] of axes?.entries() ?? []) {
        const fromEnd = rank === undefined ? 0 : frontAxis(axis?.value ?? i, rank) - rank;
        const [start, end] = [starts?.[i], ends?.[i]];
        if (fromEnd === -1 && isWritten(start)) cuts.push({ slice, start });
        if (fromEnd === -2 && isWritten(end) && start?.isZero() && end.value > 0) cuts.push({ slice, end });
      }
    }
    value = slices[0]?.outputs[0];
  }
  return cuts;
}
