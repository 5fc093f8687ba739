/**
 * Tables that already follow the live length, but end too early.
 *
 * Before: a Slice of a table of 511 positions. Beyond them a start below 0 wraps to the table's end (wrong values), or the
 * result is too short.
 *
 *     Constant [1, 1023, D] ── Slice [512 - T : 511 + T]
 *
 * After: rows are added where they are missing, and both bounds move by the rows added in front.
 *
 *     Constant [1, 9999, D] ── Slice [5000 - T : 4999 + T]
 */
import { fitSinusoid } from '../analysis/explain/sinusoid.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { emitTable } from '../rewrite/generators/sinusoid.js';
import { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { isFloat } from '../tensor/dtype.js';
import type { Edit, Finding } from './pass.js';
import type { Session } from './repair-session.js';
import { nodeName } from './report-text.js';

/** A Slice along one axis of a constant, with a bound that depends on live sizes. */
interface TableSlice {
  readonly node: Node;
  readonly table: Value;
  readonly axis: number;
  readonly rows: number;
  readonly start: Dim;
  readonly end: Dim;
}

/** What {@link lengthenTables} did, and what it could not. */
export interface Lengthened {
  readonly edits: Edit[];
  readonly unresolved: Finding[];
}

/** Input sizes beyond this are not looked at. */
const LONGEST = 2 ** 24;

/** Makes every table that a Slice reads at live bounds serve at least `maxLength` positions. */
export function lengthenTables(session: Session, nodes: Iterable<Node>, maxLength: number): Lengthened {
  const edits: Edit[] = [];
  const unresolved: Finding[] = [];
  for (const node of nodes) {
    const slice = tableSlice(node, session);
    const missing = slice && missingRows(slice, maxLength);
    if (slice === undefined || missing === undefined || missing.front + missing.back === 0) continue;
    const { table, axis, rows } = slice;
    const tensor = session.diagnosis.inference.constants.dense(table);
    const sinusoid = tensor && fitRows(tensor, axis);
    if (tensor === undefined || sinusoid === undefined) {
      const message = `${table.name}: a table of ${rows} rows that follow no known rule; it cannot be made longer`;
      unresolved.push({ code: 'short-table', message, node: nodeName(node), value: table.name });
      continue;
    }
    const generator = { kind: 'sinusoid-table', axis, sinusoid } as const;
    const context = { emitter: session.emitter, anchor: node };
    node.setInput(0, emitTable(generator, tensor, missing.front, missing.back, context));
    const total = rows + missing.front + missing.back;
    if (missing.front > 0) for (const input of [1, 2]) moveBound(node, input, missing.front, session);
    edits.push({
      what: `table of ${total} positions`,
      where: `input of ${nodeName(node)}`,
      before: `${table.name}: ${rows} rows, [${slice.start} : ${slice.end}]`,
      after: `${total} rows, ${missing.front} more in front and ${missing.back} behind`,
    });
  }
  return { edits, unresolved };
}

function tableSlice(node: Node, { diagnosis }: Session): TableSlice | undefined {
  const { inference } = diagnosis;
  const [table, startInput, endInput] = node.inputs;
  if (node.opType !== 'Slice' || node.domain !== '' || !table || !startInput || !endInput) return undefined;
  if (!inference.constants.isConstant(table)) return undefined;
  const only = (input: Value | undefined) => {
    const facts = input && inference.seen(input, node);
    const content = facts?.kind === 'tensor' ? facts.content : undefined;
    return content?.length === 1 && content[0] instanceof Dim ? content[0] : undefined;
  };
  const [start, end] = [only(startInput), only(endInput)];
  const axis = node.inputs[3] ? only(node.inputs[3])?.value : 0;
  const step = node.inputs[4] ? only(node.inputs[4])?.value : 1;
  if (start === undefined || end === undefined || axis === undefined || step !== 1) return undefined;
  if ((start.isNumber && end.isNumber) || start.hasFresh || end.hasFresh) return undefined;
  const shape = inference.shape(table);
  const at = axis < 0 ? axis + (shape?.length ?? 0) : axis;
  const rows = shape?.[at]?.value;
  return rows === undefined ? undefined : { node, table, axis: at, rows, start, end };
}

/** Rows that are read, but not there, at the size that needs `maxLength` positions (to both sides, if both bounds move). */
function missingRows({ start, end, rows }: TableSlice, maxLength: number): { front: number; back: number } | undefined {
  const [symbol, ...others] = new Set([...start.symbols(), ...end.symbols()]);
  if (symbol === undefined || others.length > 0) return undefined;
  const wanted = start.isNumber || end.isNumber ? maxLength : 2 * maxLength - 1;
  const at = (dim: Dim, n: number) => dim.evaluate({ [symbol]: n }) ?? Number.NaN;
  const length = (n: number) => at(end, n) - at(start, n);
  let low = 1;
  let high = 2;
  while (length(high) < wanted && high < LONGEST) {
    low = high;
    high *= 2;
  }
  if (!(length(high) >= wanted)) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (length(middle) < wanted) low = middle;
    else high = middle;
  }
  return { front: Math.max(0, -at(start, high)), back: Math.max(0, at(end, high) - rows) };
}

function fitRows(tensor: DenseTensor, axis: number) {
  if (!isFloat(tensor.dtype) || tensor.shape.slice(0, axis).some((size) => size !== 1)) return undefined;
  const rows = tensor.shape[axis] as number;
  return fitSinusoid({ rows, columns: tensor.data.length / rows, data: tensor.data as Float32Array });
}

/** Adds to a bound: to the constant that it is computed from, if that serves nothing else, or by a node. */
function moveBound(node: Node, input: number, by: number, { diagnosis, emitter }: Session): void {
  const { inference } = diagnosis;
  const bound = node.inputs[input] as Value;
  const facts = inference.seen(bound, node);
  const content = facts?.kind === 'tensor' ? facts.content?.[0] : undefined;
  const origin = content instanceof Dim ? content.origin : undefined;
  const cells = [...(origin?.symbols() ?? [])].flatMap((id) => {
    const cell = inference.cells?.get(id);
    // The bound grows as the cell does.
    const grows = origin
      ?.substitute(new Map([[id, Dim.symbol(id).add(1)]]))
      .sub(origin)
      .equals(1);
    return cell && grows && cell.kind === 'element' && cell.value.uses.length === 1 ? [cell] : [];
  });
  const [largest] = cells.sort((a, b) => b.traced - a.traced);
  const tensor = largest && inference.constants.dense(largest.value);
  const use = largest?.value.uses[0];
  if (largest && tensor?.data instanceof BigInt64Array && use) {
    const data = tensor.data.slice();
    data[largest.index] = BigInt(largest.traced + by);
    use.node.setInput(use.index, emitter.constant({ ...tensor, data }, 'centre', use.node));
    return;
  }
  const inputs = [bound, emitter.int64([by], 'offset', node)];
  node.setInput(input, emitter.node({ opType: 'Add', inputs, hint: 'bound' }, node));
}
