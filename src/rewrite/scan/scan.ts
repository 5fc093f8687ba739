import type { Sequence } from '../../analysis/recurrence/clocks.js';
import type { Exit } from '../../analysis/recurrence/exits.js';
import type { Recurrence } from '../../analysis/recurrence/recurrence.js';
import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';
import { indices } from '../size.js';
import { Body, needsPosition } from './body.js';
import { dtypeOf, initialStates, type LoopContext, type WrittenLoop } from './context.js';

/** A row that the body gives in every step. */
interface Row {
  /** In the step. */
  readonly value: Value;
  /** Axis of the row that is dropped from it, having size 1. */
  readonly dropped: number | undefined;
  /** Axis along which rows are stacked. */
  readonly axis: number;
  readonly backwards: boolean;
}

/** Writes a loop over rows, whose results are rows, as Scan. */
export function writeScan(recurrence: Recurrence, context: LoopContext): WrittenLoop {
  const { steps, states, exits } = recurrence;
  const { clock } = steps;
  const { emitter, sizes, anchor, graph } = context;
  const body = new Body(graph);
  const bound = new Map<Value, Value>();
  for (const { read } of states) bound.set(read, body.input('state', dtypeOf(read, context)));
  const inputs = initialStates(recurrence, context);
  const axes: number[] = [];
  const directions: number[] = [];
  const sequences = sequencesOf(recurrence);
  for (const [sequence, parts] of sequences) {
    const row = body.input('row', dtypeOf(sequence.source, context));
    let kept: Value | undefined;
    for (const part of parts) {
      if (clock.ticks.get(part)?.kept) kept ??= body.reshape('Unsqueeze', row, sequence.axis);
      bound.set(part, clock.ticks.get(part)?.kept ? (kept as Value) : row);
    }
    inputs.push(sequence.source);
    axes.push(sequence.axis);
    directions.push(clock.reversed ? 1 : 0);
  }
  let position: Value | undefined;
  if (needsPosition(recurrence)) {
    position = body.input('step', DataType.INT64, true);
    inputs.push(indices(emitter, sizes, clock.size, anchor));
    axes.push(0);
    directions.push(0);
  }
  for (const [constant, value] of body.counters(recurrence, position)) bound.set(constant, value);

  const stateExits = new Map<Exit, number>();
  const rowOfExit = new Map<Exit, Row>();
  const rows = new Map<string, Row>();
  for (const exit of exits) {
    const state = exit.kind === 'last' ? states.findIndex(({ write }) => write === exit.value) : -1;
    if (state >= 0) {
      stateExits.set(exit, state);
      continue;
    }
    const row = rowOf(exit, recurrence, context);
    const key = `${row.value.name} ${row.dropped} ${row.axis} ${row.backwards}`;
    const known = rows.get(key) ?? row;
    rows.set(key, known);
    rowOfExit.set(exit, known);
  }
  const stacked = [...rows.values()];
  const wanted = stacked.map(({ value }) => value);
  const copies = body.copy(recurrence, wanted, bound, position);
  const made = (value: Value) => copies.get(value) ?? value;
  for (const { write } of states) body.output(made(write), dtypeOf(write, context));
  for (const { value, dropped } of stacked) {
    const row = dropped === undefined ? made(value) : body.reshape('Squeeze', made(value), dropped);
    body.output(row, dtypeOf(value, context));
  }
  const outputs = [...states.map(() => 'state'), ...stacked.map(() => 'rows')].map((hint) => graph.freshName(hint));
  const node = graph.addNode(
    {
      opType: 'Scan',
      name: graph.freshName('loop'),
      inputs,
      outputs,
      attributes: {
        body: { graph: body.graph },
        num_scan_inputs: { int: axes.length },
        scan_input_axes: { ints: axes },
        scan_input_directions: { ints: directions },
        ...(stacked.length > 0
          ? {
              scan_output_axes: { ints: stacked.map(({ axis }) => axis) },
              scan_output_directions: { ints: stacked.map(({ backwards }) => Number(backwards)) },
            }
          : {}),
      },
    },
    { before: anchor },
  );
  const results = new Map<Exit, Value>();
  for (const exit of exits) {
    const state = stateExits.get(exit);
    const index = state ?? states.length + stacked.indexOf(rowOfExit.get(exit) as Row);
    const result = node.outputs[index] as Value;
    if (state !== undefined || exit.kind !== 'last') results.set(exit, result);
    else {
      const inputs = [result, emitter.int64(-1, 'last', anchor)];
      results.set(
        exit,
        emitter.node({ opType: 'Gather', inputs, attributes: { axis: { int: 0 } }, hint: 'last' }, anchor),
      );
    }
  }
  return { node, results, begin: 0 };
}

/** The sequences that the body reads parts of, with those parts. */
function sequencesOf({ steps }: Recurrence): Map<Sequence, Value[]> {
  const sequences = new Map<Sequence, Value[]>();
  for (const input of steps.nodes.flatMap((node) => node.inputs)) {
    const tick = input && steps.clock.ticks.get(input);
    if (input === undefined || tick === undefined) continue;
    const parts = sequences.get(tick.sequence) ?? [];
    if (!parts.includes(input)) parts.push(input);
    sequences.set(tick.sequence, parts);
  }
  return sequences;
}

/** What is stacked for an exit. A row that was given an axis only to be joined along it is taken without. */
function rowOf(exit: Exit, { steps }: Recurrence, { inference }: LoopContext): Row {
  const { value } = exit;
  if (exit.kind === 'last') return { value, dropped: undefined, axis: 0, backwards: false };
  // In the order of the sequence, not of the steps.
  if (exit.kind === 'rows') return { value, dropped: undefined, axis: 0, backwards: steps.clock.reversed };
  const rank = inference.shape(value)?.length ?? 0;
  const axis = exit.axis < 0 ? exit.axis + rank : exit.axis;
  const { backwards } = exit;
  const { producer } = value;
  const [inner, axesInput] = producer?.inputs ?? [];
  if (producer?.opType === 'Unsqueeze' && producer.domain === '' && inner !== undefined) {
    const dense = axesInput && inference.constants.dense(axesInput);
    const axes =
      producer.attributes.get('axes')?.asInts()?.map(Number) ??
      Array.from((dense?.data ?? []) as BigInt64Array, Number);
    const [added] = axes;
    if (axes.length === 1 && added !== undefined && (added < 0 ? added + rank : added) === axis) {
      return { value: inner, dropped: undefined, axis, backwards };
    }
  }
  return { value, dropped: axis, axis, backwards };
}
