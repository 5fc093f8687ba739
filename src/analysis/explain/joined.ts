/** Constants whose channels follow rules along different axes: coordinates of rows and columns, side by side. */
import { stridesOf } from '../../ops/lib/shapes.js';
import type { Element } from '../../rewrite/generators/context.js';
import type { Joined, JoinedPart } from '../../rewrite/generators/joined.js';
import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import type { Explanation } from './explain.js';

/** Explains a table of positions, along its axis 0. */
type ExplainTable = (table: DenseTensor) => Explanation;

/** Channels that are looked at: more are features that somebody learned. */
const MOST_CHANNELS = 4096;

/** Channels that are explained one by one, where they follow no rule together. */
const MOST_SINGLE = 8;

/**
 * Explains a constant that varies along two or more baked axes, each channel along one of them at most.
 *
 * @param axis - the axis of the channels
 * @param baked - the baked axes that the constant varies along
 */
export function findJoined(
  tensor: DenseTensor,
  axis: number,
  baked: readonly number[],
  explainTable: ExplainTable,
): { generator: Joined; name: string } | undefined {
  const count = tensor.shape[axis] as number;
  if (count > MOST_CHANNELS) return undefined;
  const groups: { along: number | undefined; start: number; count: number }[] = [];
  for (let channel = 0; channel < count; channel++) {
    const axes = baked.filter((other) => varies(tensor, axis, channel, other));
    if (axes.length > 1) return undefined;
    const last = groups.at(-1);
    if (last !== undefined && last.along === axes[0]) last.count++;
    else groups.push({ along: axes[0], start: channel, count: 1 });
  }
  const parts: JoinedPart[] = [];
  const names: string[] = [];
  for (const { along, start, count: channels } of groups) {
    const explain = (from: number, length: number) => partOf(tensor, axis, along, from, length, explainTable);
    const together = explain(start, channels);
    const found = together
      ? [together]
      : Array.from({ length: channels <= MOST_SINGLE ? channels : 1 }, (_, i) => explain(start + i, 1));
    for (const part of found) {
      if (part === undefined) return undefined;
      parts.push(part.part);
      names.push(along === undefined ? part.name : `${part.name} along axis ${along}`);
    }
  }
  return { generator: { kind: 'joined', axis, parts }, name: [...new Set(names)].join(', ') };
}

function partOf(
  tensor: DenseTensor,
  axis: number,
  along: number | undefined,
  start: number,
  count: number,
  explainTable: ExplainTable,
): { part: JoinedPart; name: string } | undefined {
  const table = tableOf(tensor, axis, along, start, count);
  if (along === undefined) {
    return { part: { table, along, generator: { kind: 'repeated', table } }, name: 'the same everywhere' };
  }
  const found = explainTable(table);
  if (!found.found || found.generator.kind === 'prefix-table') return undefined;
  return { part: { table, along, generator: found.generator }, name: found.name };
}

/** Does a channel vary along an axis? */
function varies(tensor: DenseTensor, axis: number, channel: number, other: number): boolean {
  const strides = stridesOf(tensor.shape);
  const [block, stride] = [strides[axis] as number, strides[other] as number];
  const size = tensor.shape[other] as number;
  const step = block * (tensor.shape[axis] as number);
  for (let start = channel * block; start < tensor.data.length; start += step) {
    for (let i = start; i < start + block; i++) {
      const place = Math.floor(i / stride) % size;
      if (place > 0 && !Object.is(tensor.data[i], tensor.data[i - stride])) return true;
    }
  }
  return false;
}

/** Channels as a table: a row for each position along an axis, taken at index 0 of all the others. */
function tableOf(
  tensor: DenseTensor,
  axis: number,
  along: number | undefined,
  start: number,
  count: number,
): DenseTensor {
  const strides = stridesOf(tensor.shape);
  const rows = along === undefined ? 1 : (tensor.shape[along] as number);
  const data = tensor.data.slice(0, rows * count) as DenseData;
  for (let row = 0; row < rows; row++) {
    for (let channel = 0; channel < count; channel++) {
      const from =
        (start + channel) * (strides[axis] as number) + row * (along === undefined ? 0 : (strides[along] ?? 0));
      (data as Element[])[row * count + channel] = tensor.data[from] as Element;
    }
  }
  return { dtype: tensor.dtype, shape: [rows, count], data };
}
