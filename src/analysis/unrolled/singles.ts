import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Access, Accesses } from './accesses.js';
import { AntiUnifier } from './anti-unify.js';
import { type Join, joiningOf } from './joins.js';
import { itemsOf } from './lists.js';
import { integersOf } from './numbers.js';
import { isFree, isWhole, type Region } from './regions.js';
import { leavesOf, Mismatch } from './template.js';

/** A loop that went round once, and how sure it is that it was one. */
export interface SingleRegion extends Region {
  /** The join gives the items back the axis that they were taken along. */
  readonly isRestored: boolean;
}

/**
 * Loops that were traced with a single item: one row is taken out of a tensor, and what is computed from it gets an axis of
 * size 1 back. Whether it was a loop is for others to judge: models take a first row on purpose as well.
 */
export function* singleRegions(graph: Graph, inference: Inference, accesses: Accesses): Generator<SingleRegion> {
  const bySize = new Map<string, { size: Dim; rows: Map<Value, Access> }>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      const access = output && accesses.of(output);
      if (access?.index !== 0 || (access.count ?? 1) !== 1) continue;
      const size = inference.shape(access.source)?.[access.axis];
      if (size === undefined || !isFree(size)) continue;
      // A first row of any axis but the first is mostly meant: the class token of a sequence.
      if (access.count === undefined && (access.axis !== 0 || !isWhole(access, 1, inference, accesses))) continue;
      const group = bySize.get(size.key) ?? { size, rows: new Map() };
      group.rows.set(output, access);
      bySize.set(size.key, group);
    }
  }
  for (const { size, rows } of bySize.values()) {
    const cone = coneOf(rows.keys());
    const scope = {
      isRow: (access: Access) => inference.shape(access.source)?.[access.axis]?.equals(size) === true,
      isShared: (value: Value) => !cone.has(value),
    };
    const unifier = new AntiUnifier(inference, accesses, scope);
    for (const join of joinsIn(graph, cone, inference)) {
      const body = unifier.unify(join.values);
      if (body instanceof Mismatch) continue;
      const read = leavesOf(body).flatMap((leaf) => (leaf.kind === 'rows' ? [leaf.access] : []));
      if (read.length === 0) continue;
      const exact = read.some((access) => access.count !== undefined);
      const isRestored = join.node.opType === 'Concat' || read.some(({ axis }) => axis === join.axis);
      yield { join, body, size, count: 1, limited: false, exact, isRestored };
    }
  }
}

/** Everything that is computed from the values. */
function coneOf(values: Iterable<Value>): Set<Value> {
  const cone = new Set(values);
  // A set that grows while it is gone through is gone through to its end.
  for (const value of cone) {
    for (const use of value.uses) {
      for (let node: Node | undefined = use.node; node !== undefined; node = node.graph.parent) {
        for (const output of node.outputs) if (output !== undefined) cone.add(output);
      }
    }
  }
  return cone;
}

function* joinsIn(graph: Graph, cone: ReadonlySet<Value>, inference: Inference): Generator<Join> {
  for (const node of graph.topologicalOrder()) {
    const [input] = node.inputs;
    const [output] = node.outputs;
    if (node.domain !== '' || input === undefined || output === undefined || !cone.has(input)) continue;
    if (isSize(output, inference)) continue;
    if (node.opType === 'Unsqueeze') {
      const axes = node.attributes.get('axes')?.asInts()?.map(Number) ?? integersOf(node.inputs[1], inference);
      const rank = inference.shape(output)?.length;
      const [axis] = axes ?? [];
      if (axes?.length !== 1 || axis === undefined || rank === undefined || isJoinedNext(output)) continue;
      yield { node, values: [output], axis: axis < 0 ? axis + rank : axis, stacked: false };
    } else if (node.opType === 'Concat' && node.inputs.length === 1) {
      const axis = Number(node.attributes.get('axis')?.asInt() ?? 0);
      const rank = inference.shape(output)?.length;
      if (rank !== undefined) yield { node, values: [input], axis: axis < 0 ? axis + rank : axis, stacked: false };
    } else if (node.opType === 'ConcatFromSequence') {
      const [item, ...more] = itemsOf(input, inference) ?? [];
      const joining = joiningOf(node);
      if (item !== undefined && more.length === 0 && joining.axis >= 0) yield { node, values: [item], ...joining };
    }
  }
}

/** Sizes get an axis to be put into a shape: they are no item. What was counted in the data of one item may be. */
function isSize(value: Value, inference: Inference): boolean {
  const facts = inference.facts(value);
  if (facts?.kind !== 'tensor' || facts.content === undefined) return false;
  return facts.content.every((element) => element instanceof Dim && !element.hasFresh);
}

/** Is it only read by a Concat of nothing else? */
function isJoinedNext({ uses }: Value): boolean {
  const [use] = uses;
  return uses.length === 1 && use?.node.opType === 'Concat' && use.node.inputs.length === 1;
}
