/** Replaces the copies of an unrolled loop by the loop: Scan over rows, Loop over chunks and for results of other sizes. */
import type { Inference } from '../../analysis/infer.js';
import type { JoinedExit } from '../../analysis/recurrence/exits.js';
import type { Recurrence } from '../../analysis/recurrence/recurrence.js';
import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { removeDead } from '../dead-code.js';
import { Emitter } from '../emitter.js';
import { type FindSize, Sizes, slice } from '../size.js';
import { isConstantNode } from './body.js';
import type { LoopContext, WrittenLoop } from './context.js';
import { writeLoop } from './loop.js';
import { writeScan } from './scan.js';

/** Scan as it is used here came with this opset. */
const FIRST_SCAN = 9;

/** A loop that took the place of its copies. */
export interface RolledUp {
  readonly node: Node;
  /** Single rows of its results that are read one by one still. */
  readonly rows: readonly Value[];
}

/**
 * Writes the loop and lets everything that read the copies' results read the loop's.
 *
 * @param find - finds values that have a size
 * @returns the loop; or why it cannot be written, and nothing of the copies is changed
 */
export function rollUp(recurrence: Recurrence, inference: Inference, find: FindSize): RolledUp | string {
  const { steps, exits } = recurrence;
  const graph = steps.nodes[0]?.graph;
  if (graph === undefined) return 'it has no body';
  if ((graph.opset('') ?? 0) < FIRST_SCAN) return `opset ${graph.opset('')} has no Scan`;
  const emitter = new Emitter();
  const anchor = anchorOf(recurrence, emitter, graph);
  if (anchor === undefined) return 'nothing reads its results';
  const missing = [...inputsOf(recurrence)].find((value) => !emitter.isAvailable(value, anchor));
  if (missing !== undefined) return `${missing.name} is not there yet where its results are read`;
  const context: LoopContext = { inference, emitter, sizes: sizesOf(recurrence, emitter, find), anchor, graph };
  const isRows = steps.clock.chunk === 1 && exits.every((exit) => exit.kind !== 'joined' || isOneRow(exit, inference));
  const written = isRows ? writeScan(recurrence, context) : writeLoop(recurrence, context);
  if (typeof written === 'string') return written;
  const { released, rows } = connect(recurrence, written, context);
  removeDead([...released, ...copiesOf(recurrence)]);
  return { node: written.node, rows };
}

/** Sizes that are read from what the loop goes through, or else from wherever they can be found. */
function sizesOf({ steps: { clock } }: Recurrence, emitter: Emitter, find: FindSize): Sizes {
  const [tick] = clock.ticks.values();
  return new Sizes(emitter, (size, anchor) => {
    if (tick !== undefined && size.equals(clock.size)) return { value: tick.sequence.source, axis: tick.sequence.axis };
    const found = find(size, anchor);
    return found && emitter.isAvailable(found.value, anchor) ? found : undefined;
  });
}

/** Does each step give one row? */
function isOneRow({ value, axis }: JoinedExit, inference: Inference): boolean {
  return inference.shape(value)?.at(axis)?.equals(1) === true;
}

/** The first node that reads what the loop makes: the loop stands right before it. */
function anchorOf({ steps, exits }: Recurrence, emitter: Emitter, graph: Graph): Node | undefined {
  const inside = lastNodes({ steps });
  const readers = exits.flatMap((exit) => {
    if (exit.kind === 'joined') return [exit.node];
    if (exit.kind === 'rows') return exit.reads.map(({ use }) => ownerIn(graph, use.node));
    const value = steps.image(exit.value, steps.clock.steps - 1);
    const outside = (value?.uses ?? []).map(({ node }) => ownerIn(graph, node)).filter((node) => !inside.has(node));
    return outside.length > 0 ? outside : value?.producer ? [value.producer] : [];
  });
  return readers.sort((a, b) => emitter.position(a) - emitter.position(b))[0];
}

/** The node of the graph that is, or holds in a subgraph, a node. */
function ownerIn(graph: Graph, node: Node): Node {
  let owner = node;
  while (owner.graph !== graph && owner.graph.parent !== undefined) owner = owner.graph.parent;
  return owner;
}

/** The nodes of the last copy. */
function lastNodes({ steps }: Pick<Recurrence, 'steps'>): Set<Node> {
  const nodes = new Set<Node>();
  for (const output of steps.nodes.flatMap((node) => node.outputs)) {
    const producer = output && steps.image(output, steps.clock.steps - 1)?.producer;
    if (producer !== undefined) nodes.add(producer);
  }
  return nodes;
}

/** What the copies make: also what nothing read in the first place. */
function copiesOf({ steps, first }: Recurrence): Value[] {
  const values: Value[] = [];
  for (const output of steps.nodes.flatMap((node) => node.outputs)) {
    for (let step = first; output !== undefined && step < steps.clock.steps; step++) {
      const image = steps.image(output, step);
      if (image !== undefined) values.push(image);
    }
  }
  return values;
}

/** All that the loop reads from outside; numbers and the like it brings along. */
function inputsOf({ steps, states, counted }: Recurrence): Set<Value> {
  const values = new Set(states.map(({ initial }) => initial));
  const inside = new Set(counted);
  for (const input of [...counted, ...steps.nodes].flatMap((node) => node.inputs)) {
    if (input === undefined || steps.role(input) !== 'shared' || isConstantNode(input)) continue;
    if (!input.producer || !inside.has(input.producer)) values.add(input);
  }
  for (const { sequence } of steps.clock.ticks.values()) values.add(sequence.source);
  return values;
}

/** Lets the readers of the copies read the loop instead. Gives the values that have lost their readers, and single rows. */
function connect(
  { steps, exits }: Recurrence,
  { results, begin }: WrittenLoop,
  context: LoopContext,
): { released: Value[]; rows: Value[] } {
  const { steps: count, reversed } = steps.clock;
  const released: Value[] = [];
  const rows: Value[] = [];
  const joined = exits.filter((exit) => exit.kind === 'joined');
  // From the last run of a node to its first, so that the places of the others stay.
  for (const exit of joined.sort((a, b) => b.from - a.from)) {
    released.push(...connectJoined(exit, results.get(exit) as Value, begin, context));
  }
  const inside = [...lastNodes({ steps })];
  for (const exit of exits) {
    const result = results.get(exit) as Value;
    if (exit.kind === 'last') {
      const value = steps.image(exit.value, count - 1) as Value;
      value.replaceAllUsesWith(result, { except: inside });
      released.push(value);
    } else if (exit.kind === 'rows') {
      for (const { step, use } of exit.reads) {
        const row = rowAt(reversed ? count - 1 - step : step, result, context);
        use.node.setInput(use.index, row);
        rows.push(row);
      }
    }
  }
  return { released, rows };
}

function rowAt(place: number, rows: Value, { emitter, anchor }: LoopContext): Value {
  const inputs = [rows, emitter.int64(place, 'place', anchor)];
  return emitter.node({ opType: 'Gather', inputs, attributes: { axis: { int: 0 } }, hint: 'row' }, anchor);
}

function connectJoined(exit: JoinedExit, result: Value, begin: number, { emitter, anchor }: LoopContext): Value[] {
  const { node, axis, backwards } = exit;
  let rows = result;
  if (exit.start > begin) {
    // What comes before the first step is joined by itself.
    const skipped = exit.start - begin;
    const low = emitter.int64([backwards ? 0 : skipped], 'start', anchor);
    const high = emitter.int64([backwards ? -skipped : Number.MAX_SAFE_INTEGER], 'end', anchor);
    rows = slice(emitter, result, axis, low, high, anchor, 'rows');
  }
  const kept = Math.max(0, begin - exit.start);
  const from = exit.from + (backwards ? 0 : kept);
  const count = exit.count - kept;
  const released = node.inputs.slice(from, from + count).filter((input) => input !== undefined);
  node.setInput(from, rows);
  for (let i = count - 1; i > 0; i--) node.removeInput(from + i);
  const [whole] = node.outputs;
  if (node.inputs.length === 1 && whole !== undefined) {
    whole.replaceAllUsesWith(rows);
    released.push(whole);
  }
  return released;
}
