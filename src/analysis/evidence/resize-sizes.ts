import { Dim } from '../../symbolic/dim.js';
import type { Claim, Scene } from './evidence.js';
import { frontAxis, integersOf, isOp, isWritten, shapeOf } from './look.js';
import type { TracedSizes } from './traced-sizes.js';

/**
 * A Resize of a live axis to a number that was one of the sizes, or a whole multiple or fraction of its own axis, when the
 * model was traced: `interpolate(x, size=(h, w))` with Python integers.
 */
export function* resizeSizes({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    if (!isOp(node, 'Resize')) continue;
    const shape = shapeOf(inference, node.inputs[0]);
    const sizes = integersOf(inference, node.inputs[3]);
    if (shape === undefined || sizes === undefined) continue;
    const axes = node.attributes.get('axes')?.asInts()?.map(Number) ?? shape.map((_, axis) => axis);
    for (const [i, target] of sizes.entries()) {
      const axis = frontAxis(axes[i] ?? i, shape.length);
      const size = shape[axis];
      if (size === undefined || size.isNumber || !isWritten(target) || target.value < 2) continue;
      const right = targetOf(size, target.value, traced);
      const what = `size of Resize on axis ${axis} of size ${size}`;
      if (right !== undefined) yield { node, what, left: target, right, needsTraced: true };
    }
  }
}

function targetOf(size: Dim, target: number, traced: TracedSizes): Dim | undefined {
  // A size of an input that the axis was made of comes before a multiple of the axis: 4 * (H // 4) is not H.
  for (const name of size.symbols()) if (traced.was(Dim.symbol(name), target)) return Dim.symbol(name);
  const from = traced.of(size);
  if (from === undefined || from < 2) return undefined;
  if (target % from === 0) return size.mul(target / from);
  return from % target === 0 ? size.floorDiv(from / target) : undefined;
}
