/** Following one axis of a tensor through the operators that keep its positions. */
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import { frontAxis, isOp, parameter, shapeOf } from './look.js';

/** A node that reads a value, and where the axis is in it. */
export interface AxisReader {
  readonly node: Node;
  readonly axis: number;
}

/** Operators whose result has the axes of their first input, counted from the end, or those of all their inputs. */
const ALIGNED = new Set([
  ...['Add', 'AveragePool', 'BatchNormalization', 'Cast', 'Clip', 'Conv', 'Div', 'Dropout', 'Elu', 'Erf', 'Gelu'],
  ...['HardSigmoid', 'HardSwish', 'Identity', 'InstanceNormalization', 'LayerNormalization', 'LeakyRelu', 'MatMul'],
  ...[
    'MaxPool',
    'Mish',
    'Mul',
    'Neg',
    'PRelu',
    'Pow',
    'Relu',
    'Selu',
    'Sigmoid',
    'Slice',
    'Softmax',
    'Softplus',
    'Sqrt',
  ],
  ...['Sub', 'Tanh', 'Where'],
]);

/** Readers further away than this have little to do with the axis. */
const MAX_STEPS = 8;

/** The nodes that read an axis of a value, or of what keeps its positions, the nearest first. */
export function* readersAlong(value: Value | undefined, axis: number, inference: Inference): Iterable<AxisReader> {
  let front = new Map<Value, number>(value === undefined ? [] : [[value, axis]]);
  const seen = new Set(front.keys());
  for (let step = 0; step < MAX_STEPS && front.size > 0; step++) {
    const next = new Map<Value, number>();
    for (const [current, at] of front) {
      for (const { node, index } of current.uses) {
        if (node.graph !== current.graph) continue;
        yield { node, axis: at };
        const [output] = node.outputs;
        const after = output && !seen.has(output) ? axisAfter(node, index, at, inference) : undefined;
        if (output === undefined || after === undefined) continue;
        seen.add(output);
        next.set(output, after);
      }
    }
    front = next;
  }
}

/** Where the axis of an input is in the output, if all its positions are. */
function axisAfter(node: Node, input: number, axis: number, inference: Inference): number | undefined {
  const before = shapeOf(inference, node.inputs[input]);
  const shape = shapeOf(inference, node.outputs[0]);
  if (before === undefined || shape === undefined) return undefined;
  const after = placeAfter(node, input, axis, before.length, shape.length, inference);
  const size = before[axis];
  return after !== undefined && size !== undefined && shape[after]?.equals(size) ? after : undefined;
}

/** Where the axis of an input is in the output, by what the operator does; undefined or negative where it is not. */
export function placeAfter(
  node: Node,
  input: number,
  axis: number,
  from: number,
  to: number,
  inference: Inference,
): number | undefined {
  if (isOp(node, 'Transpose')) {
    const perm = node.attributes.get('perm')?.asInts()?.map(Number);
    return perm === undefined ? from - 1 - axis : perm.indexOf(axis);
  }
  if (isOp(node, 'Unsqueeze', 'Squeeze')) {
    if (input !== 0) return undefined;
    const axes = parameter(inference, node, 'axes', 1)?.map((each) => each?.value);
    if (axes === undefined || axes.some((each) => each === undefined)) return undefined;
    const rank = Math.max(from, to);
    const changed = new Set(axes.map((each) => frontAxis(each as number, rank)));
    const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => !changed.has(i));
    return to > from ? kept[axis] : kept.indexOf(axis);
  }
  if (node.domain !== '' || !ALIGNED.has(node.opType)) return undefined;
  // The last axis of a product's left operand is summed; so are the channels of a convolution.
  if (isOp(node, 'MatMul') && (input !== 0 || axis === from - 1)) return undefined;
  if (isOp(node, 'Conv') && (input !== 0 || axis === 1)) return undefined;
  return axis + to - from;
}
