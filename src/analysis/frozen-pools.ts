import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import { Cells } from './cells.js';
import { Constants } from './constants.js';
import { contradictions } from './demands.js';
import { isOp, liveNodes, shapeOf } from './evidence/look.js';
import { type Conflict, type Inference, type InferOptions, infer } from './infer.js';
import { isExact, solveSizes } from './traced-sizes.js';

/** A pooling whose window was as long as live axes were when the model was traced. */
export interface FrozenPool {
  readonly node: Node;
  /** The axes of the input, and how long they were. */
  readonly axes: ReadonlyMap<number, number>;
  /** What works at single sizes only with the window that is in the file. */
  readonly evidence: readonly Conflict[];
}

/** Frozen poolings, what follows from them for sizes of values, and the traced sizes that they tell. */
export interface FrozenPools {
  readonly pools: readonly FrozenPool[];
  readonly assumed: NonNullable<InferOptions['assumed']>;
  readonly traced: ReadonlyMap<string, number>;
}

/** Poolings that are tried; every one costs an inference. */
const MAX_TRIALS = 32;

/**
 * Poolings over all of an axis, whose window is a number in the file: `avg_pool1d(x, x.shape[-1])`. What reads them needs a
 * single position, as it got when it was traced, and gets it no longer: a Squeeze, a linear layer over flattened features.
 * A window is frozen if contradictions go once its axis has one position, and all that go held at the size of the window.
 */
export function frozenPools(model: Model, options: Pick<InferOptions, 'inputShapes'>): FrozenPools {
  const constants = new Constants();
  const assumed = new Map<Value, ReadonlyMap<number, Dim>>();
  const traced = new Map<string, number>();
  const pools: FrozenPool[] = [];
  const found = () => ({ pools, assumed, traced });
  const candidates = liveNodes(model.graph, constants).filter(isPooling);
  if (candidates.length === 0) return found();
  const cells = new Cells();
  const inferred = (previous?: Inference) =>
    infer(model, { ...options, constants, assumed: new Map(assumed), cells, previous });
  let inference = inferred();
  let wrong = contradictions(inference);
  for (const node of candidates.slice(0, MAX_TRIALS)) {
    if (wrong.length === 0) break;
    const axes = openAxes(node, inference);
    const output = node.outputs[0] as Value;
    if (axes.size === 0) continue;
    assumed.set(output, new Map([...axes].map(([axis]) => [axis, Dim.of(1)])));
    const then = inferred(inference);
    const remaining = contradictions(then);
    const left = new Set(remaining.map(keyOf));
    const gone = wrong.filter((conflict) => !left.has(keyOf(conflict)));
    const equations = equationsOf(node, axes, inference);
    const sizes = solveSizes(equations);
    if (gone.length === 0 || left.size >= wrong.length || !gone.every((conflict) => heldAt(sizes, conflict))) {
      assumed.delete(output);
      continue;
    }
    [inference, wrong] = [then, remaining];
    if (isRoundedUp(node)) continue;
    for (const [name, size] of solveSizes(equations.filter((each) => isExact(each.size)))) traced.set(name, size);
    pools.push({ node, axes, evidence: gone });
  }
  return found();
}

function isPooling(node: Node): boolean {
  return isOp(node, 'AveragePool', 'MaxPool') && node.outputs[0] !== undefined && node.outputs[1] === undefined;
}

/** Rounded up, a window has one position on any axis that it is longer than: it need not be the axis's size. */
function isRoundedUp(node: Node): boolean {
  return Number(node.attributes.get('ceil_mode')?.asInt() ?? 0) !== 0;
}

/** Live axes that the window could have covered: nothing padded, nothing left out. */
function openAxes(node: Node, inference: Inference): Map<number, number> {
  const axes = new Map<number, number>();
  const ints = (name: string) => node.attributes.get(name)?.asInts()?.map(Number);
  const kernel = ints('kernel_shape') ?? [];
  const mode = node.attributes.get('auto_pad')?.asString() ?? 'NOTSET';
  if (mode !== 'NOTSET' && mode !== 'VALID') return axes;
  const [pads, dilations] = [ints('pads'), ints('dilations')];
  const shape = shapeOf(inference, node.inputs[0]);
  kernel.forEach((window, i) => {
    const size = shape?.[i + 2];
    if (size === undefined || size.isNumber || size.hasFresh || window < 2) return;
    if ((pads?.[i] ?? 0) !== 0 || (pads?.[i + kernel.length] ?? 0) !== 0 || (dilations?.[i] ?? 1) !== 1) return;
    axes.set(i + 2, window);
  });
  return axes;
}

function equationsOf(node: Node, axes: ReadonlyMap<number, number>, inference: Inference) {
  const shape = shapeOf(inference, node.inputs[0]);
  return [...axes].map(([axis, traced]) => ({ size: shape?.[axis] as Dim, traced }));
}

/** Are both sides equal at these sizes? */
function heldAt(sizes: ReadonlyMap<string, number>, { left, right }: Conflict): boolean {
  const known = new Map([...sizes].map(([name, size]) => [name, Dim.of(size)]));
  return left.substitute(known).equals(right.substitute(known));
}

function keyOf({ node, what }: Conflict): string {
  return `${node.outputs[0]?.name}\0${what}`;
}
