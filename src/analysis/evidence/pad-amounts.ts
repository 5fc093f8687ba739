import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { product } from '../../ops/lib/known.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { integersOf, isOp, isWritten, parameter, shapeOf } from './look.js';

/** Operators that keep the sizes of the axes that they are followed along. */
const CARRIERS = ['Cast', 'Elu', 'Identity', 'LeakyRelu', 'Relu', 'Sigmoid', 'Slice', 'Tanh', 'Unsqueeze'];

/** Longest chain from a Pad to what needs whole windows that is followed. */
const MAX_STEPS = 4;

/**
 * Padding up to whole windows that was computed by Python:
 *
 * - a fixed amount on a live axis that a Reshape then divides into windows, as `(8 - T % 8) % 8` was 4,
 * - a fixed size that a live one is subtracted from, as `ceil(T / 2) * 2 - T`: the padded size is the same for all inputs.
 */
export function* padAmounts({ inference, traced, nodes }: Scene): Iterable<Claim> {
  for (const node of nodes) {
    if (!isOp(node, 'Pad')) continue;
    const shape = shapeOf(inference, node.inputs[0]);
    const padded = shapeOf(inference, node.outputs[0]);
    const amounts = parameter(inference, node, 'pads', 1);
    if (shape === undefined || padded === undefined || amounts?.length !== 2 * shape.length) continue;
    for (const [axis, size] of shape.entries()) {
      const after = padded[axis];
      if (size === undefined || size.isNumber || after === undefined) continue;
      const claim = (left: Dim, right: Dim, needsTraced: boolean): Claim => {
        const what = `padding of axis ${axis} of size ${size} up to whole windows`;
        return { node, what, left, right, needsTraced };
      };
      const tail = amounts[axis + shape.length];
      if (after.isNumber && after.origin !== undefined) {
        const right = wholeSize(after, size, windowOf(node.outputs[0], axis, inference) ?? 1, { inference, traced });
        if (right !== undefined) yield claim(after, right, true);
      } else if (isWritten(tail)) {
        const window = divisorOf(node.outputs[0], after, inference);
        if (window === undefined || tail.value >= window) continue;
        const head = after.sub(size).sub(tail);
        if (head.isZero()) yield claim(tail, size.neg().mod(window), false);
      }
    }
  }
}

/** The padded size with the number that was whole windows of the live size as such. */
function wholeSize(
  padded: Dim,
  size: Dim,
  window: number,
  { inference, traced }: Pick<Scene, 'inference' | 'traced'>,
): Dim | undefined {
  const { origin } = padded;
  const { cells } = inference;
  if (origin === undefined || cells === undefined) return undefined;
  const whole = size.ceilDiv(window).mul(window);
  const ids = [...origin.symbols()].filter((name) => cells.get(name));
  const target = ids.find((id) => traced.was(whole, cells.get(id)?.traced));
  if (target === undefined) return undefined;
  const settled = new Map(ids.map((id) => [id, Dim.of(cells.get(id)?.traced ?? 0)]));
  return origin.substitute(settled.set(target, whole)).withoutOrigin();
}

/** How far the convolution that reads an axis moves on at a time. */
function windowOf(value: Value | undefined, axis: number, inference: Inference): number | undefined {
  const node = readerOf(value, (each) => isOp(each, 'Conv', 'AveragePool', 'MaxPool'));
  const rank = shapeOf(inference, value)?.length;
  const strides = node?.attributes.get('strides')?.asInts()?.map(Number);
  // An axis added on the way is in front of the last ones.
  return node && rank !== undefined ? (strides?.at(axis - rank) ?? 1) : undefined;
}

/** Into windows of how many positions a Reshape cuts an axis. */
function divisorOf(value: Value | undefined, size: Dim, inference: Inference): number | undefined {
  const node = readerOf(value, (each) => isOp(each, 'Reshape'));
  const shape = shapeOf(inference, node?.inputs[0]);
  const target = node && integersOf(inference, node.inputs[1]);
  if (shape === undefined || target === undefined || !target.some((dim) => dim?.value === -1)) return undefined;
  const rest = product(target.filter((dim) => dim?.value !== -1).map((dim, i) => (dim?.isZero() ? shape[i] : dim)));
  const others = product(shape)?.exactQuotient(size);
  const window = others && rest?.exactQuotient(others)?.value;
  return window !== undefined && window > 1 ? window : undefined;
}

function readerOf(value: Value | undefined, isWanted: (node: Node) => boolean): Node | undefined {
  let current = value;
  for (let step = 0; step < MAX_STEPS && current !== undefined; step++) {
    const nodes: Node[] = current.uses.map((use) => use.node);
    const found = nodes.find(isWanted);
    if (found !== undefined) return found;
    current = nodes.find((node) => isOp(node, ...CARRIERS))?.outputs[0];
  }
  return undefined;
}
