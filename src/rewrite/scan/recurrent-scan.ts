import type { Inference } from '../../analysis/infer.js';
import { type Cell, type CellState, cellOf } from '../../analysis/recurrence/cells/cells.js';
import { cellStates } from '../../analysis/recurrence/cells/states.js';
import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';
import { Draft, materialise, type Ref } from '../batching/draft.js';
import { moving } from '../batching/operand.js';
import { removeDead } from '../dead-code.js';
import { Emitter } from '../emitter.js';
import { opsetOf } from '../size.js';
import { Body } from './body.js';
import { type CellOperator, cellOperator } from './cell-operator.js';

/** Earlier versions of the operators have other inputs. */
const FIRST_OPSET = 9;

/** Slice with steps. */
const FIRST_STEPPED_SLICE = 10;

/** A `Scan`, with its inputs and outputs told apart. */
interface ScanParts {
  readonly node: Node;
  readonly body: Graph;
  readonly states: readonly { readonly initial: Value; readonly read: Value; readonly write: Value }[];
  readonly rows: readonly {
    readonly source: Value;
    readonly row: Value;
    readonly axis: number;
    readonly reversed: boolean;
  }[];
  readonly results: readonly { readonly value: Value; readonly axis: number; readonly reversed: boolean }[];
}

/**
 * Takes one recurrent cell out of a `Scan`: it becomes LSTM, GRU or RNN. What else is in the body stays a `Scan`, which then
 * goes through the states that the operator gives.
 *
 * @returns the operator; undefined, with nothing changed, when no cell can be taken out
 */
export function takeOutCell(scan: Node, inference: Inference): { operator: Cell['operator']; made: Value } | undefined {
  const parts = opsetOf(scan) < FIRST_OPSET ? undefined : partsOf(scan);
  if (parts === undefined || [...parts.body.nodes].some((node) => node.subgraphs.length > 0)) return undefined;
  const rows = parts.rows.map(({ row }) => row);
  const { states, derived } = cellStates(parts.states, rows, inference);
  for (const state of states) {
    const cell = cellOf(state, states);
    if (cell === undefined) continue;
    const draft = new Draft(opsetOf(scan));
    for (const input of parts.rows) {
      const operator = operatorOf(cell, input, inference, draft);
      const own = ownStates(parts, cell, derived);
      if (operator === undefined || own === undefined) continue;
      return { operator: cell.operator, made: replace(parts, cell, own, operator, input.reversed, draft, inference) };
    }
  }
  return undefined;
}

function partsOf(node: Node): ScanParts | undefined {
  const body = node.attributes.get('body')?.asGraph();
  const count = Number(node.attributes.get('num_scan_inputs')?.asInt() ?? 0);
  const inputs = node.inputs.filter((input) => input !== undefined);
  if (body === undefined || inputs.length !== body.inputs.length || count > inputs.length) return undefined;
  const list = (name: string, at: number) => Number(node.attributes.get(name)?.asInts()?.[at] ?? 0);
  const stateCount = inputs.length - count;
  const states = inputs.slice(0, stateCount).map((initial, i) => {
    return { initial, read: body.inputs[i] as Value, write: behind(body.outputs[i] as Value) };
  });
  const rows = inputs.slice(stateCount).map((source, i) => {
    const row = body.inputs[stateCount + i] as Value;
    return { source, row, axis: list('scan_input_axes', i), reversed: list('scan_input_directions', i) === 1 };
  });
  const results = body.outputs.slice(stateCount).map((value, i) => {
    return { value, axis: list('scan_output_axes', i), reversed: list('scan_output_directions', i) === 1 };
  });
  return [...rows, ...results].every(({ axis }) => axis >= 0) ? { node, body, states, rows, results } : undefined;
}

/** The value that others are copies of. */
function behind(value: Value): Value {
  let current = value;
  while (current.producer?.opType === 'Identity' && current.producer.domain === '') {
    current = current.producer.inputs[0] as Value;
  }
  return current;
}

function operatorOf(
  cell: Cell,
  { source, row, axis, reversed }: ScanParts['rows'][number],
  inference: Inference,
  draft: Draft,
): CellOperator | undefined {
  const shape = inference.shape(source);
  const starts = cell.states.map(({ initial }) => {
    const given = inference.shape(initial);
    return given && { value: initial, shape: given };
  });
  if (shape === undefined || shape.length < 2 || !starts.every((start) => start !== undefined)) return undefined;
  return cellOperator(cell, row, { source, axis, shape, reversed }, starts, draft);
}

/** The states of the loop that are those of the cell; undefined if something else needs them as they are before a step. */
function ownStates(
  { node, body, results, states }: ScanParts,
  cell: Cell,
  derived: ReadonlyMap<Value, Value>,
): ReadonlySet<Value> | undefined {
  const [hidden] = cell.states as [CellState];
  const own = new Set(cell.states.map(({ read }) => read));
  for (const [read, source] of derived) if (source === hidden.read) own.add(read);
  const isRead = states.some(({ read }, i) => derived.has(read) && own.has(read) && node.outputs[i]?.isRead);
  const wanted = [
    ...results.map(({ value }) => value),
    ...states.filter(({ read }) => !own.has(read)).map(({ write }) => write),
  ];
  const needed = neededFor(wanted, new Set([hidden.write]), body);
  return isRead || needed.some((value) => own.has(value)) ? undefined : own;
}

/** All values of a body that others are made from, up to some that are given. */
function neededFor(wanted: readonly Value[], given: ReadonlySet<Value>, body: Graph): Value[] {
  const needed = new Set<Value>();
  const stack = [...wanted];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (given.has(value) || needed.has(value) || value.graph !== body) continue;
    needed.add(value);
    for (const input of value.producer?.inputs ?? []) if (input !== undefined) stack.push(input);
  }
  return [...needed];
}

function replace(
  { node, body, states, rows, results }: ScanParts,
  cell: Cell,
  own: ReadonlySet<Value>,
  operator: CellOperator,
  reversed: boolean,
  draft: Draft,
  inference: Inference,
): Value {
  const emitter = new Emitter();
  const [hidden] = cell.states as [CellState];
  const all = materialise(operator.all, emitter, node);
  cell.states.forEach(({ read }, i) => {
    const output = node.outputs[states.findIndex((state) => state.read === read)];
    if (output?.isRead || output?.isGraphOutput) {
      output.replaceAllUsesWith(materialise(operator.last[i] as typeof operator.all, emitter, node));
    }
  });
  const left: number[] = [];
  const rank = (inference.shape(hidden.write)?.length ?? 0) + 1;
  results.forEach(({ value, axis, reversed: backwards }, i) => {
    const output = node.outputs[states.length + i];
    const isTurned = backwards !== reversed;
    if (behind(value) !== hidden.write || (isTurned && draft.opset < FIRST_STEPPED_SLICE)) left.push(i);
    else if (output !== undefined) {
      const inOrder = isTurned ? turned(draft, all) : draft.value(all);
      const moved = draft.transpose(inOrder, moving(rank, 0, axis));
      output.replaceAllUsesWith(materialise(moved, emitter, node));
    }
  });
  const stateIndex = states.flatMap(({ read }, i) => (own.has(read) ? [] : [i]));
  if (left.length > 0 || stateIndex.length > 0) {
    writeRest({ node, body, states, rows, results }, hidden, all, reversed, left, stateIndex);
  }
  removeDead(node.outputs.filter((output) => output !== undefined));
  return all;
}

/** From the last to the first. */
function turned(draft: Draft, value: Value): Ref {
  const bounds = [[-1], [-Number.MAX_SAFE_INTEGER], [0], [-1]].map((list) => draft.ints(list));
  return draft.node('Slice', [draft.value(value), ...bounds]);
}

/** The rest of the body, as a Scan that goes through the hidden states as well. */
function writeRest(
  { node, body, states, rows, results }: ScanParts,
  hidden: CellState,
  all: Value,
  reversed: boolean,
  left: readonly number[],
  stateIndex: readonly number[],
): void {
  const { graph } = node;
  const keptStates = stateIndex.map((i) => states[i] as ScanParts['states'][number]);
  const keptResults = left.map((i) => results[i] as ScanParts['results'][number]);
  const wanted = [...keptStates.map(({ write }) => write), ...keptResults.map(({ value }) => value)];
  const needed = new Set(neededFor(wanted, new Set([hidden.write]), body));
  const keptRows = rows.filter(({ row }) => needed.has(row));
  const copy = new Body(graph);
  const copies = new Map<Value, Value>();
  const typed = (value: Value) => (value.declared?.kind === 'tensor' ? value.declared.elemType : undefined);
  for (const { read } of keptStates) copies.set(read, copy.input('state', typed(read)));
  for (const { row } of keptRows) copies.set(row, copy.input('row', typed(row)));
  copies.set(hidden.write, copy.input('hidden', DataType.FLOAT));
  for (const inner of body.topologicalOrder()) {
    if (!inner.outputs.some((output) => output !== undefined && needed.has(output))) continue;
    const made = copy.copyWith(
      inner,
      inner.inputs.map((input) => input && (copies.get(input) ?? input)),
    );
    inner.outputs.forEach((output, i) => {
      if (output !== undefined && !copies.has(output)) copies.set(output, made.outputs[i] as Value);
    });
  }
  for (const { read, write } of keptStates) copy.output(copies.get(write) ?? write, typed(read));
  for (const { value } of keptResults) copy.output(copies.get(value) ?? value, typed(value));
  const directions = [...keptRows.map((row) => row.reversed), reversed].map(Number);
  const rest = graph.addNode(
    {
      opType: 'Scan',
      name: graph.freshName('loop'),
      inputs: [...keptStates.map(({ initial }) => initial), ...keptRows.map(({ source }) => source), all],
      outputs: wanted.map(() => graph.freshName('rows')),
      attributes: {
        body: { graph: copy.graph },
        num_scan_inputs: { int: keptRows.length + 1 },
        scan_input_axes: { ints: [...keptRows.map(({ axis }) => axis), 0] },
        scan_input_directions: { ints: directions },
        ...(keptResults.length > 0
          ? {
              scan_output_axes: { ints: keptResults.map(({ axis }) => axis) },
              scan_output_directions: { ints: keptResults.map((result) => Number(result.reversed)) },
            }
          : {}),
      },
    },
    { before: node },
  );
  const outputs = [...stateIndex, ...left.map((i) => states.length + i)].map((i) => node.outputs[i]);
  outputs.forEach((output, i) => {
    output?.replaceAllUsesWith(rest.outputs[i] as Value);
  });
}
