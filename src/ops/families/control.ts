import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { type Fixpoint, fixpoint, mentions, scalarFacts, stateAfter } from '../lib/fixpoint.js';
import { joinFacts } from '../lib/join.js';
import { axisOf } from '../lib/known.js';
import type { Facts, InferContext, OpDefinition, Shape, SubgraphInference } from '../types.js';

/** Loops of so few iterations are followed one by one where their state changes its shape. */
const MAX_UNROLLED = 16;

type State = readonly (Facts | undefined)[];

/** The number that a scalar bool or integer certainly is. */
function scalarNumber(facts: Facts | undefined): number | undefined {
  const element = facts?.kind === 'tensor' ? facts.content?.[0] : undefined;
  return element instanceof Dim ? element.value : undefined;
}

/** A branch that is certainly not taken is not looked into: whatever contradicts itself there never runs. */
function inferIf(ctx: InferContext): void {
  const condition = scalarNumber(ctx.input(0));
  const [thenBranch, elseBranch] = [ctx.subgraph('then_branch'), ctx.subgraph('else_branch')];
  if (condition !== undefined) {
    const taken = (condition === 0 ? elseBranch : thenBranch)?.infer([]);
    for (let i = 0; i < ctx.outputCount; i++) ctx.setOutput(i, taken?.[i]);
    return;
  }
  const yes = thenBranch?.infer([]);
  const no = elseBranch?.infer([]);
  // As with Squeeze, a symbol is taken not to be 1: go on with what holds at all other sizes.
  const general = thenBranch?.isSpecial ? no : elseBranch?.isSpecial ? yes : undefined;
  for (let i = 0; i < ctx.outputCount; i++) {
    if (general !== undefined) {
      ctx.setOutput(i, general[i]);
      continue;
    }
    ctx.setOutput(
      i,
      joinFacts(yes?.[i], no?.[i], () => ctx.fresh('if')),
    );
  }
}

/** The facts of a tensor of `length` slices along a new axis. */
function stacked(
  facts: Facts | undefined,
  axis: number,
  length: Dim | undefined,
  symbols: ReadonlySet<string>,
): Facts | undefined {
  if (facts?.kind !== 'tensor') return undefined;
  const { dtype, shape } = facts;
  if (shape === undefined) return { kind: 'tensor', dtype };
  const result: (Dim | undefined)[] = shape.map((dim) => (dim && mentions(dim, symbols) ? undefined : dim));
  const at = axisOf(axis, shape.length + 1);
  if (at === undefined) return { kind: 'tensor', dtype };
  result.splice(at, 0, length);
  return { kind: 'tensor', dtype, shape: result };
}

/** Inputs M, cond, state ...; the body maps (iteration, cond, state ...) to (cond, state ..., scan outputs ...). */
function inferLoop(ctx: InferContext): void {
  const body = ctx.subgraph('body');
  if (body === undefined) {
    ctx.unknown('the body of Loop is missing');
    return;
  }
  const stateCount = Math.max(0, body.inputCount - 2);
  const initial = Array.from({ length: stateCount }, (_, i) => ctx.input(i + 2));
  const limit = ctx.hasInput(0) ? ctx.content(0)?.[0] : undefined;
  const first = ctx.hasInput(1) ? scalarNumber(ctx.input(1)) : 1;
  if (first === 0 || (limit instanceof Dim && limit.isAtMost(0))) {
    neverLoops(ctx, body, initial);
    return;
  }

  const iteration = scalarFacts(DataType.INT64);
  const running = scalarFacts(DataType.BOOL, 1);
  // The body's condition comes first: move it behind the state, where the fixpoint expects what is no state.
  const step = (state: State): State => {
    const [condition, ...rest] = body.infer([iteration, running, ...state]);
    return [...rest.slice(0, stateCount), condition, ...rest.slice(stateCount)];
  };
  const settled = fixpoint(ctx, initial, step);
  const goesOn = first === 1 && scalarNumber(settled.exit[stateCount]) === 1;
  const trips = goesOn && limit instanceof Dim ? limit.max(0) : undefined;
  const ends = settled.exit.slice(0, stateCount);
  keepStates(ctx, initial.map(severalItems), { ...settled, exit: ends }, { first: 2, batch: 0 }, 'state of Loop');
  const exact = settled.isMoving
    ? unroll(ctx, body, initial, limit instanceof Dim ? limit.value : undefined)
    : undefined;
  // Leave the body with what holds in every iteration, not in the last one.
  if (exact !== undefined) step(settled.entry);
  const final = exact?.state ?? stateAfter(ctx, initial, settled, trips);
  const length = exact?.trips ?? trips ?? ctx.fresh('trips');
  for (let i = 0; i < ctx.outputCount; i++) {
    if (i < stateCount) ctx.setOutput(i, final[i]);
    else {
      const element = exact === undefined ? settled.exit[i + 1] : exact.scans[i - stateCount];
      ctx.setOutput(i, stacked(element, 0, length, settled.symbols));
    }
  }
}

/** The state comes out as it went in, and nothing was scanned. */
function neverLoops(ctx: InferContext, body: SubgraphInference, initial: State): void {
  const outputs = body.infer([scalarFacts(DataType.INT64), scalarFacts(DataType.BOOL), ...initial]);
  for (let i = 0; i < ctx.outputCount; i++) {
    if (i < initial.length) ctx.setOutput(i, initial[i]);
    else ctx.setOutput(i, stacked(outputs[i + 1], 0, Dim.of(0), new Set()));
  }
}

/** Follows a loop iteration by iteration; undefined when its end is not certain within a few. */
function unroll(
  ctx: InferContext,
  body: SubgraphInference,
  initial: State,
  limit: number | undefined,
): { state: State; scans: State; trips: Dim } | undefined {
  if (ctx.hasInput(0) && limit === undefined) return undefined;
  let state = initial;
  let scans: State | undefined;
  for (let i = 0; i <= MAX_UNROLLED; i++) {
    if (limit !== undefined && i >= limit) return { state, scans: scans ?? [], trips: Dim.of(i) };
    const [condition, ...rest] = body.infer([scalarFacts(DataType.INT64, i), scalarFacts(DataType.BOOL, 1), ...state]);
    state = rest.slice(0, initial.length);
    const slices = rest.slice(initial.length);
    scans = scans?.map((facts, k) => joinFacts(facts, slices[k])) ?? slices;
    const goesOn = scalarNumber(condition);
    if (goesOn === undefined) return undefined;
    if (goesOn === 0) return { state, scans, trips: Dim.of(i + 1) };
  }
  return undefined;
}

/** How inputs and outputs of a Scan are laid out: since opset 9 without a batch, each scan with an axis of its own. */
interface ScanLayout {
  /** Index of the first state input. */
  readonly first: number;
  /** Axes of inputs and outputs that come before everything else, shared by all. */
  readonly batch: number;
  readonly inputAxis: (scan: number) => number;
  readonly outputAxis: (scan: number) => number;
}

function layoutOf(ctx: InferContext): ScanLayout {
  if (ctx.opset < 9) return { first: 1, batch: 1, inputAxis: () => 0, outputAxis: () => 0 };
  const inputs = ctx.attributes.ints('scan_input_axes');
  const outputs = ctx.attributes.ints('scan_output_axes');
  return { first: 0, batch: 0, inputAxis: (i) => inputs?.[i] ?? 0, outputAxis: (i) => outputs?.[i] ?? 0 };
}

function inferScan(ctx: InferContext): void {
  const body = ctx.subgraph('body');
  const scanCount = ctx.attributes.int('num_scan_inputs');
  if (body === undefined || scanCount === undefined) {
    ctx.unknown('the body of Scan is missing');
    return;
  }
  const layout = layoutOf(ctx);
  const stateCount = body.inputCount - scanCount;
  const initial = Array.from({ length: stateCount }, (_, i) => inner(ctx.input(layout.first + i), layout.batch));
  let batch: Dim | undefined;
  for (let i = layout.first; layout.batch > 0 && i < ctx.inputCount; i++) {
    batch = ctx.unify(batch, ctx.shape(i)?.[0], 'batch of Scan', [{ input: i, axis: 0 }]);
  }
  let length: Dim | undefined;
  const slices = Array.from({ length: scanCount }, (_, i): Facts | undefined => {
    const input = layout.first + stateCount + i;
    const facts = inner(ctx.input(input), layout.batch);
    if (facts?.kind !== 'tensor' || facts.shape === undefined) return facts;
    const axis = axisOf(layout.inputAxis(i), facts.shape.length);
    if (axis === undefined) return undefined;
    length = ctx.unify(length, facts.shape[axis], 'length of the inputs of Scan', [
      { input, axis: axis + layout.batch },
    ]);
    return { kind: 'tensor', dtype: facts.dtype, shape: facts.shape.toSpliced(axis, 1) };
  });
  const settled: Fixpoint = fixpoint(ctx, initial, (state) => body.infer([...state, ...slices]));
  keepStates(ctx, initial, settled, layout, 'state of Scan');
  const final = stateAfter(ctx, initial, settled, length);
  for (let i = 0; i < ctx.outputCount; i++) {
    const facts =
      i < stateCount ? final[i] : stacked(settled.exit[i], layout.outputAxis(i - stateCount), length, settled.symbols);
    ctx.setOutput(i, layout.batch > 0 ? stacked(facts, 0, batch, new Set()) : facts);
  }
}

/**
 * What a body makes of a state, whatever it is given, is what it is given from the second step on. The state of a Scan
 * has that shape from the first: onnxruntime writes every step's into one buffer.
 */
function keepStates(
  ctx: InferContext,
  initial: State,
  { exit, symbols }: Pick<Fixpoint, 'exit' | 'symbols'>,
  { first, batch }: Pick<ScanLayout, 'first' | 'batch'>,
  what: string,
): void {
  initial.forEach((facts, i) => {
    const after = exit[i];
    if (facts?.kind !== 'tensor' || after?.kind !== 'tensor' || facts.shape?.length !== after.shape?.length) return;
    facts.shape?.forEach((size, axis) => {
      const later = after.shape?.[axis];
      if (later === undefined || mentions(later, symbols)) return;
      ctx.unify(size, later, what, [{ input: first + i, axis: axis + batch }]);
    });
  });
}

/** A Loop may begin with a state that is empty, or broadcasts; what has several items begins with all of them. */
function severalItems(facts: Facts | undefined): Facts | undefined {
  if (facts?.kind !== 'tensor' || facts.shape === undefined) return facts;
  const shape = facts.shape.map((size) => (size?.isNumber && size.isAtMost(1) ? undefined : size));
  return { kind: 'tensor', dtype: facts.dtype, shape };
}

/** A tensor's facts without its leading batch axis. */
function inner(facts: Facts | undefined, batch: number): Facts | undefined {
  if (batch === 0 || facts?.kind !== 'tensor') return facts;
  const shape: Shape | undefined = facts.shape?.slice(batch);
  return { kind: 'tensor', dtype: facts.dtype, shape };
}

/** Operators with subgraphs: what holds in every run, or in every iteration. */
export const definitions: readonly OpDefinition[] = [
  { name: 'If', infer: inferIf },
  { name: 'Loop', infer: inferLoop },
  { name: 'Scan', infer: inferScan },
];
