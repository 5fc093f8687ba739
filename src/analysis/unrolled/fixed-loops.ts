import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import type { Access, Accesses } from './accesses.js';
import { AntiUnifier } from './anti-unify.js';
import { type Join, joiningOf } from './joins.js';
import { itemsOf } from './lists.js';
import { integerOf, integersOf } from './numbers.js';
import { type Region, regionWith } from './regions.js';
import { Mismatch, type Term } from './template.js';

/** A `Loop` that always goes round as often as it did in the example, and what it reads one by one. */
export interface FixedLoop {
  readonly node: Node;
  readonly body: Graph;
  /** How often it goes round. */
  readonly count: number;
  /** What in the body is an item of a list or a row of a tensor outside: the one that has the number of the round. */
  readonly items: ReadonlyMap<Value, Term>;
}

/** Inputs of a body before its states: the number of the round, and whether it is to go on. */
const BEFORE_STATES = 2;

/** Loops of a constant number of rounds that end in no other way. */
export function* fixedLoops(graph: Graph, inference: Inference, accesses: Accesses): Generator<FixedLoop> {
  for (const node of graph.nodes) {
    if (node.opType !== 'Loop' || node.domain !== '') continue;
    const body = node.attributes.get('body')?.asGraph();
    const [trips] = node.inputs;
    const count = trips && countOf(trips, inference);
    if (body === undefined || count === undefined || count < 1 || !neverEnds(node, body, inference)) continue;
    yield { node, body, count, items: itemsIn(node, body, count, inference, accesses) };
  }
}

function countOf(trips: Value, inference: Inference): number | undefined {
  const { producer } = trips;
  const [list] = producer?.opType === 'SequenceLength' ? producer.inputs : [];
  return list ? itemsOf(list, inference)?.length : integerOf(trips, inference);
}

function neverEnds(node: Node, body: Graph, inference: Inference): boolean {
  const isTrue = (value: Value | undefined): boolean => {
    const source = value?.producer?.opType === 'Identity' ? value.producer.inputs[0] : value;
    if (source === undefined) return false;
    if (source === body.inputs[1]) return isTrueOrNone(node.inputs[1]);
    return inference.constants.dense(source)?.data[0] === 1;
  };
  const isTrueOrNone = (value: Value | undefined) => value === undefined || isTrue(value);
  return isTrueOrNone(node.inputs[1]) && isTrue(body.outputs[0]);
}

/** `list[i]`, `x[i]`, with i the number of the round. */
function itemsIn(loop: Node, body: Graph, count: number, inference: Inference, accesses: Accesses): Map<Value, Term> {
  const items = new Map<Value, Term>();
  const [round] = body.inputs;
  for (const { node, index } of round?.uses ?? []) {
    const [source] = node.inputs;
    const [value] = node.outputs;
    const isOutside = source !== undefined && source.graph === loop.graph;
    if (node.graph !== body || node.domain !== '' || index !== 1 || !isOutside || value === undefined) continue;
    let item: Term | undefined;
    if (node.opType === 'SequenceAt') item = itemOfList(value, source, count, inference, accesses);
    else if (node.opType === 'Gather') item = rowOf(value, source, node, false, inference);
    if (item !== undefined) items.set(value, item);
  }
  return items;
}

function rowOf(value: Value, source: Value, { attributes }: Node, kept: boolean, inference: Inference) {
  const axis = Number(attributes.get('axis')?.asInt() ?? 0);
  const rank = inference.shape(source)?.length;
  if (rank === undefined || inference.constants.isConstant(source)) return undefined;
  const access: Access = { source, axis: axis < 0 ? axis + rank : axis, index: 0, kept };
  return { kind: 'rows' as const, value, access };
}

/** What the items of a list have in common, if there is one for each round. */
function itemOfList(
  value: Value,
  list: Value,
  count: number,
  inference: Inference,
  accesses: Accesses,
): Term | undefined {
  const split = list.producer;
  if (split?.opType === 'SplitToSequence' && split.domain === '') {
    const [source, sizes] = split.inputs;
    const kept = sizes !== undefined || Number(split.attributes.get('keepdims')?.asInt() ?? 1) === 1;
    const row = source && rowOf(value, source, split, kept, inference);
    if (row === undefined || sizes === undefined) return row;
    const ones = integersOf(sizes, inference);
    if (!ones?.every((size) => size === 1)) return undefined;
    // A list of sizes says how many items there are; a single size leaves that open.
    const isList = inference.constants.dense(sizes)?.shape.length === 1;
    if (isList && ones.length !== count) return undefined;
    return isList ? { ...row, access: { ...row.access, count } } : row;
  }
  const items = itemsOf(list, inference);
  if (items?.length !== count) return undefined;
  const item = new AntiUnifier(inference, accesses, { isRow: () => true, isShared: () => false }).unify(items);
  return item instanceof Mismatch ? undefined : item;
}

/** What comes out of fixed loops whose rounds do not read what the ones before them made, as loops over items. */
export function* regionsOfLoops(graph: Graph, inference: Inference, accesses: Accesses): Generator<Region> {
  for (const loop of fixedLoops(graph, inference, accesses)) {
    const scope = {
      isRow: () => false,
      isShared: (value: Value) => value.graph === graph,
      termOf: (value: Value) => loop.items.get(value),
    };
    const unifier = new AntiUnifier(inference, accesses, scope);
    for (const join of joinsOfLoop(loop, inference)) {
      const body = unifier.unify(join.values);
      const region = body instanceof Mismatch ? undefined : regionWith(join, body, loop.count, inference, accesses);
      if (region !== undefined) yield { ...region, isLoop: true };
    }
  }
}

/** Results of single rounds that come together: in a list that is joined behind the loop, or by the loop itself. */
function* joinsOfLoop({ node, body }: FixedLoop, inference: Inference): Generator<Join> {
  const states = node.inputs.length - BEFORE_STATES;
  for (const [index, output] of node.outputs.entries()) {
    // The first result of the body says whether to go on.
    const made = body.outputs[index + 1];
    if (output === undefined || made === undefined) continue;
    if (index >= states) {
      yield { node, output: index, values: [made], axis: 0, stacked: true };
      continue;
    }
    const initial = node.inputs[index + BEFORE_STATES];
    const insertion = made.producer?.opType === 'Identity' ? made.producer.inputs[0]?.producer : made.producer;
    const [list, item, position] = insertion?.opType === 'SequenceInsert' ? insertion.inputs : [];
    const isAppended = list === body.inputs[index + BEFORE_STATES] && item !== undefined && position === undefined;
    if (initial === undefined || !isAppended || itemsOf(initial, inference)?.length !== 0) continue;
    for (const use of output.uses) {
      const join = use.node;
      if (join.opType !== 'ConcatFromSequence' || join.graph !== node.graph) continue;
      yield { node: join, values: [item], ...joiningOf(join) };
    }
  }
}
