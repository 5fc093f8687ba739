import type { Tick } from '../../analysis/recurrence/clocks.js';
import type { Exit, JoinedExit } from '../../analysis/recurrence/exits.js';
import type { Recurrence } from '../../analysis/recurrence/recurrence.js';
import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { opsetOf } from '../size.js';
import { Body } from './body.js';
import { dtypeOf, initialStates, type LoopContext, type WrittenLoop } from './context.js';

/** The opset from which on Slice has its bounds as inputs, as the body needs them. */
const FIRST_DYNAMIC_SLICE = 10;

/**
 * Writes a loop as Loop: over chunks, of which the last may be shorter, and where a step gives several rows. What the steps
 * give is put one behind the other in a state that grows.
 */
export function writeLoop(recurrence: Recurrence, context: LoopContext): WrittenLoop | string {
  const { steps, states, exits, first } = recurrence;
  const { clock } = steps;
  const { sizes, anchor, graph } = context;
  if (opsetOf(anchor) < FIRST_DYNAMIC_SLICE) return `opset ${opsetOf(anchor)} has no Slice with computed bounds`;
  const trips = clock.size
    .add(clock.chunk - 1)
    .floorDiv(clock.chunk)
    .sub(first);
  if (exits.some(({ kind }) => kind === 'rows')) return 'its steps are read one by one';
  const shapes = new Map<Exit, Dim[]>();
  for (const exit of exits) {
    const shape = context.inference.shape(exit.value);
    const isState = exit.kind === 'last' && states.some(({ write }) => write === exit.value);
    if (isState) continue;
    if (shape === undefined || dtypeOf(exit.value, context) === undefined)
      return `the shape of ${exit.value.name} is not known`;
    const empty = shape.map((dim, axis) => (isGrowing(exit, axis, shape.length) ? Dim.of(0) : dim));
    if (!empty.every((dim) => dim !== undefined && sizes.canCompute(dim, anchor))) {
      return `no live tensor has the sizes of ${exit.value.name}`;
    }
    shapes.set(exit, empty as Dim[]);
  }

  const body = new Body(graph);
  const iteration = body.input('step', DataType.INT64, true);
  const running = body.input('running', DataType.BOOL, true);
  // Steps before the first are not the loop's.
  const position = first > 0 ? body.node('Add', [iteration, body.int64([first])]) : iteration;
  const bound = new Map<Value, Value>();
  const inputs = initialStates(recurrence, context);
  for (const { read } of states) bound.set(read, body.input('state', dtypeOf(read, context)));
  const gathered = new Map<Exit, Value>();
  for (const [exit, shape] of shapes) {
    const dtype = dtypeOf(exit.value, context) as number;
    gathered.set(exit, body.input('so_far', dtype));
    inputs.push(emptyOf(dtype, shape, context));
  }
  for (const [part, tick] of partsOf(recurrence)) bound.set(part, partIn(body, position, tick, recurrence));
  for (const [constant, value] of body.counters(recurrence, position)) bound.set(constant, value);
  const copies = body.copy(
    recurrence,
    exits.map(({ value }) => value),
    bound,
    undefined,
  );
  const made = (value: Value) => copies.get(value) ?? value;
  body.output(running, DataType.BOOL);
  for (const { write } of states) body.output(made(write), dtypeOf(write, context));
  for (const [exit, soFar] of gathered) {
    const value = made(exit.value);
    const next =
      exit.kind !== 'joined'
        ? value
        : body.node('Concat', exit.backwards ? [value, soFar] : [soFar, value], { axis: { int: exit.axis } });
    body.output(next, dtypeOf(exit.value, context));
  }
  const node = graph.addNode(
    {
      opType: 'Loop',
      name: graph.freshName('loop'),
      inputs: [sizes.scalar(trips, anchor), undefined, ...inputs],
      outputs: inputs.map((_, i) => graph.freshName(i < states.length ? 'state' : 'rows')),
      attributes: { body: { graph: body.graph } },
    },
    { before: anchor },
  );
  const order = [...gathered.keys()];
  const results = new Map<Exit, Value>();
  for (const exit of exits) {
    const index = shapes.has(exit)
      ? states.length + order.indexOf(exit)
      : states.findIndex(({ write }) => write === exit.value);
    results.set(exit, node.outputs[index] as Value);
  }
  return { node, results, begin: first };
}

/** Is it the axis along which the steps' results are joined? What only the last step gives is empty before. */
function isGrowing(exit: Exit, axis: number, rank: number): boolean {
  return exit.kind !== 'joined' || axis === joinAxis(exit, rank);
}

function joinAxis({ axis }: JoinedExit, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function emptyOf(dtype: number, shape: readonly Dim[], { emitter, sizes, anchor }: LoopContext): Value {
  const zeros = emitter.node(
    { opType: 'ConstantOfShape', inputs: [sizes.shape(shape, anchor)], hint: 'empty' },
    anchor,
  );
  if (dtype === DataType.FLOAT) return zeros;
  return emitter.node({ opType: 'Cast', inputs: [zeros], attributes: { to: { int: dtype } }, hint: 'empty' }, anchor);
}

/** The parts that the body reads. */
function partsOf({ steps }: Recurrence): Map<Value, Tick> {
  const parts = new Map<Value, Tick>();
  for (const input of steps.nodes.flatMap((node) => node.inputs)) {
    const tick = input && steps.clock.ticks.get(input);
    if (input !== undefined && tick !== undefined) parts.set(input, tick);
  }
  return parts;
}

/** Takes a part out of its sequence: a row, or a chunk that ends where the sequence does. */
function partIn(body: Body, position: Value, { sequence, kept }: Tick, { steps: { clock } }: Recurrence): Value {
  const { source, axis } = sequence;
  if (clock.chunk > 1) {
    const size = body.int64([clock.chunk]);
    const start = body.node('Mul', [position, size]);
    const end = body.node('Add', [start, size]);
    const bounds = [start, end].map((bound) => body.reshape('Unsqueeze', bound, 0));
    return body.node('Slice', [source, ...bounds, body.int64([axis], [1])]);
  }
  // From the end, counted backwards from -1.
  const index = clock.reversed ? body.node('Sub', [body.int64([-1]), position]) : position;
  const row = body.node('Gather', [source, index], { axis: { int: axis } });
  return kept ? body.reshape('Unsqueeze', row, axis) : row;
}
