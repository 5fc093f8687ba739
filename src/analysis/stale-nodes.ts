import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Dim } from '../symbolic/dim.js';
import type { Cell } from './cells.js';

/** Sizes by axis that take the place of inferred ones. */
export type Assumptions = ReadonlyMap<Value, ReadonlyMap<number, Dim>>;

/** The nodes that read cells which changed, and those whose results are assumed to be something else than before. */
export function staleNodes(
  changed: readonly Cell[],
  before: Assumptions = new Map(),
  after: Assumptions = new Map(),
): Set<Node> {
  const stale = new Set<Node>();
  for (const { value, reader } of changed) {
    for (const { node } of value.uses) if (reader === undefined || reader === node) stale.add(node);
  }
  for (const value of [...before.keys(), ...after.keys()]) {
    if (value.producer !== undefined && before.get(value) !== after.get(value)) stale.add(value.producer);
  }
  return stale;
}
