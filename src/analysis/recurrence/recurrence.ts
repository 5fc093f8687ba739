import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import type { Accesses } from '../unrolled/accesses.js';
import { type Clock, clocksOf } from './clocks.js';
import { type Counter, countersOf } from './counters.js';
import { type Exit, exitsOf } from './exits.js';
import { Operands } from './operands.js';
import { Steps } from './steps.js';

/** A state of a loop, with what it is before the first step that the loop makes. */
export interface CarriedState {
  /** In the body: what the step before left. */
  readonly read: Value;
  /** In the body: what the step leaves. */
  readonly write: Value;
  readonly initial: Value;
  /** Is it a tensor of as many rows as there are steps, of which each step writes its own? */
  readonly isWritten: boolean;
}

/** A loop that was unrolled: copies of one body, each of which reads what the one before it made. */
export interface Recurrence {
  readonly steps: Steps;
  /** The first step that is a copy of the body. Those before it stay, and their results are the initial state. */
  readonly first: number;
  readonly states: readonly CarriedState[];
  /** Whole numbers that grow by the same amount from step to step, by the constant that the body reads. */
  readonly counters: ReadonlyMap<Value, Counter>;
  /** Nodes outside of the body that compute something from counters: they have to be in it. */
  readonly counted: readonly Node[];
  /** Results that leave the loop. */
  readonly exits: readonly Exit[];
}

/** Why copies of a body do not make a loop. */
export class Obstacle {
  constructor(
    readonly clock: Clock,
    readonly reason: string,
  ) {}
}

/** As many steps at the beginning may differ from the others. */
const MOST_PEELED = 2;

/** Finds loops with state, and loops over chunks, in the order of the graph; or what keeps copies from being one. */
export function* recurrencesOf(
  graph: Graph,
  inference: Inference,
  accesses: Accesses,
): Generator<Recurrence | Obstacle> {
  const operands = new Operands(inference, accesses);
  for (const clock of clocksOf(graph, inference, accesses)) {
    // Chunks count from the front.
    if (clock.chunk > 1 && clock.reversed) continue;
    const found = ofClock(clock, inference, operands);
    if (found !== undefined) yield found;
  }
}

function ofClock(clock: Clock, inference: Inference, operands: Operands): Recurrence | Obstacle | undefined {
  for (let base = clock.chunk > 1 ? 0 : 1; base <= MOST_PEELED && base + 1 < clock.steps; base++) {
    const steps = Steps.match(clock, base, operands);
    if (steps === undefined) continue;
    // Rows without a state are a matter of batching.
    if (steps.states.length === 0 && clock.chunk === 1) return undefined;
    const found = complete(steps, inference, operands);
    const early = found instanceof Obstacle || found === undefined ? undefined : earlyNodes(found);
    if (early === undefined) return found;
    const later = Steps.match(clock.delayed(early), base, operands);
    const better = later && later.states.length > 0 ? complete(later, inference, operands) : undefined;
    return better === undefined || better instanceof Obstacle ? found : better;
  }
  return undefined;
}

/**
 * Nodes whose results only the step after theirs reads, and that the last step therefore lacks: they fetch what that step
 * begins with (`out[i + 1]`, which is behind the end in the last one). Undefined where there are none.
 */
function earlyNodes({ steps, first }: Recurrence): Set<Node> | undefined {
  const last = steps.clock.steps - 1;
  const early = steps.nodes.filter((node) => steps.twinOf(node, last) === undefined);
  if (early.length === 0) return undefined;
  const nodes = new Set<Node>();
  for (const node of early) {
    for (let step = first; step < last; step++) {
      const twin = steps.twinOf(node, step);
      if (twin !== undefined) nodes.add(twin);
    }
  }
  return nodes;
}

function complete(steps: Steps, inference: Inference, operands: Operands): Recurrence | Obstacle | undefined {
  const { base, clock } = steps;
  const unpeeled = base > 0 ? beginningOf(steps, inference) : undefined;
  const first = base === 0 ? 0 : unpeeled ? base - 1 : base;
  const states = steps.states.map(({ read, write }) => ({ read, write, initial: unpeeled?.get(read) ?? read }));
  if (unpeeled !== undefined) steps.matchFirst(first, unpeeled);
  else if (base > 0) {
    steps.forget(base - 1);
    steps.hold(base - 1);
  }
  const counting = countersOf(steps, first, operands);
  if (typeof counting === 'string') return new Obstacle(clock, counting);
  const written = new Set<Value>();
  for (const { read, write, initial } of states) {
    const { producer } = write;
    if (!producer?.opType.startsWith('Scatter') || producer.inputs[0] !== read) continue;
    if (!inference.shape(initial)?.[0]?.isNumber) continue;
    const index = producer.inputs[1] && counting.counters.get(producer.inputs[1]);
    const [row, next] = index?.zero.length === 1 ? [index.zero[0], index.growth[0]] : [];
    const isAll = inference.shape(initial)?.[0]?.equals(clock.steps) === true && first === 0;
    if (producer.opType !== 'ScatterND' || !isAll || row !== 0n || next !== 1n || clock.chunk > 1) {
      return new Obstacle(clock, `its steps write into a tensor of fixed size, ${initial.name}`);
    }
    written.add(read);
  }
  const exits = exitsOf(steps, first);
  if (exits === undefined) return new Obstacle(clock, 'its steps are read one by one');
  // Dead copies are no defect.
  if (exits.length === 0) return undefined;
  return {
    steps,
    first,
    states: states.map((state) => ({ ...state, isWritten: written.has(state.read) })),
    ...counting,
    exits,
  };
}

/** The initial states, if the step before the base is a copy of the body too, and they have the shape of the states. */
function beginningOf(steps: Steps, inference: Inference): Map<Value, Value> | undefined {
  const initial = new Map<Value, Value>();
  for (const { read, write } of steps.states) {
    if (!steps.unify(write, read, steps.base - 1, initial)) return undefined;
  }
  for (const { read, write } of steps.states) {
    const value = initial.get(read);
    // A state that only results read may be missing where it begins.
    if (value === undefined || !isAlike(inference, value, read) || !isAlike(inference, read, write)) return undefined;
  }
  return initial;
}

function isAlike(inference: Inference, a: Value, b: Value): boolean {
  const [x, y] = [inference.facts(a), inference.facts(b)];
  if (x?.kind !== 'tensor' || y?.kind !== 'tensor' || x.dtype !== y.dtype) return false;
  const right = y.shape;
  if (x.shape === undefined || right === undefined || x.shape.length !== right.length) return false;
  return x.shape.every((dim, axis) => dim !== undefined && right[axis]?.equals(dim) === true);
}
