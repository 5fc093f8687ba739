import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { readersAlong } from './along-axis.js';
import type { Claim, Scene } from './evidence.js';
import { isOp, isWritten, parameter, shapeOf } from './look.js';
import { commonLength, windowsOf } from './windows.js';

/**
 * Padding up to whole windows that was computed by Python:
 *
 * - a fixed amount on a live axis that Reshapes then divide into windows, as `(8 - T % 8) % 8` was 4,
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
        const window = commonLength(lengthsOf(node.outputs[0], axis, inference));
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

/** How far the convolutions that read an axis move on at a time, and into windows of how many positions it is cut. */
function windowOf(value: Value | undefined, axis: number, inference: Inference): number | undefined {
  return commonLength([...stridesOf(value, axis, inference), ...lengthsOf(value, axis, inference)]);
}

function lengthsOf(value: Value | undefined, axis: number, inference: Inference): (number | undefined)[] {
  return windowsOf(value, axis, inference).map(({ length }) => length);
}

/** The strides at which the nearest convolutions read an axis: what comes behind counts other positions. */
function* stridesOf(value: Value | undefined, axis: number, inference: Inference): Iterable<number> {
  for (const { node, axis: at } of readersAlong(value, axis, inference)) {
    if (!isOp(node, 'Conv', 'AveragePool', 'MaxPool') || at < 2) continue;
    yield Number(node.attributes.get('strides')?.asInts()?.[at - 2] ?? 1);
  }
}
