import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import type { Accesses } from './accesses.js';
import type { Fingerprints } from './fingerprints.js';
import { itemsOf } from './lists.js';
import { writtenRow } from './written-rows.js';

/** Where the results of a loop's copies come together. */
export interface Join {
  /** The node whose output, or some of whose inputs, the copies' results become. */
  readonly node: Node;
  /** Which output; the first unless it is said. */
  readonly output?: number;
  /** The results, in order. */
  readonly values: readonly Value[];
  /** The axis along which they are joined; counted from the end where it is negative. */
  readonly axis: number;
  /** Do they get that axis here? Else each has it already. */
  readonly stacked: boolean;
  /** First of the inputs that are the results; undefined where they make up all of the output. */
  readonly from?: number;
  /** A tensor that the results are written into, all rows of it. */
  readonly base?: Value;
}

/** All places of a graph where copies may come together, in the order of the graph. */
export function* joinsOf(
  graph: Graph,
  inference: Inference,
  accesses: Accesses,
  prints: Fingerprints,
): Generator<Join> {
  for (const node of graph.topologicalOrder()) {
    if (node.domain !== '') continue;
    if (node.opType === 'Concat') yield* runsOfConcat(node, inference, prints);
    else if (node.opType === 'ConcatFromSequence') yield* joinOfSequence(node, inference);
    else if (node.opType === 'ScatterND') yield* joinOfRows(node, inference, accesses);
  }
}

/** Inputs of Concat next to each other that are computed alike. */
function* runsOfConcat(node: Node, inference: Inference, prints: Fingerprints): Generator<Join> {
  const inputs = node.inputs.filter((input) => input !== undefined);
  if (inputs.length < 2 || inputs.length < node.inputs.length) return;
  const axis = Number(node.attributes.get('axis')?.asInt() ?? 1);
  let from = 0;
  for (let i = 1; i <= inputs.length; i++) {
    const isSame = i < inputs.length && prints.of(inputs[i] as Value) === prints.of(inputs[from] as Value);
    if (isSame) continue;
    const values = inputs.slice(from, i);
    const isRun = values.length > 1 && !values.some((value) => inference.constants.isConstant(value));
    const isAll = values.length === inputs.length;
    if (isRun) yield { node, values, axis, stacked: false, ...(isAll ? {} : { from }) };
    from = i;
  }
}

function* joinOfSequence(node: Node, inference: Inference): Generator<Join> {
  const [list] = node.inputs;
  const values = (list && itemsOf(list, inference)) ?? [];
  if (values.length > 1) yield { node, values, ...joiningOf(node) };
}

/** How ConcatFromSequence joins. */
export function joiningOf({ attributes }: Node): Pick<Join, 'axis' | 'stacked'> {
  return {
    axis: Number(attributes.get('axis')?.asInt() ?? 0),
    stacked: Number(attributes.get('new_axis')?.asInt() ?? 0) === 1,
  };
}

/** Rows 0, 1 ... written one after the other into a tensor that has no others. */
function* joinOfRows(last: Node, inference: Inference, accesses: Accesses): Generator<Join> {
  const end = writtenRow(last, inference);
  if (end === undefined || end.row < 1) return;
  const { axis, dropped } = end;
  const values: Value[] = [];
  let node = last;
  for (let row = end.row; row >= 0; row--) {
    const [data, , update] = node.inputs;
    const written = writtenRow(node, inference);
    const isNext = written?.row === row && written.axis === axis && written.dropped === dropped;
    if (!isNext || data === undefined || update === undefined) return;
    values.unshift(update);
    if (row === 0) {
      const rows = inference.shape(data)?.[axis];
      const isAll = rows !== undefined && (!rows.isNumber || rows.equals(end.row + 1));
      if (isAll) yield { node: last, values, axis, stacked: dropped, base: data };
      return;
    }
    const previous = accesses.resolve(data).producer;
    if (previous?.opType !== 'ScatterND' || previous.domain !== '') return;
    node = previous;
  }
}
