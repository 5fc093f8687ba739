import type { Node } from '../../model/node.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { isOp, isWritten, parameter, shapeOf } from './look.js';

/** So many Pads in front of convolutions that pad nothing were computed, not chosen. */
const FEWEST_IDLE = 2;

/** Sizes at which amounts are compared; those that a stride divides are left out for amounts that were for the others. */
const TRIED = [64, 65, 66, 67, 97, 120, 121, 122, 123];

/** A spatial axis that is padded for a convolution. */
interface PaddedAxis {
  readonly node: Node;
  readonly axis: number;
  readonly size: Dim;
  readonly head: Dim;
  readonly tail: Dim;
  readonly stride: number;
  /** What padding gives `ceil(size / stride)` positions; the end gets what is left of an odd number. */
  readonly before: Dim;
  readonly after: Dim;
}

/**
 * Padding as in TensorFlow ("same"), computed by Python for every convolution: `size % stride` decides how much a strided
 * one gets, which was written down (0 and 1 for a kernel of 3 over an even size, 1 and 1 over an odd one). Other models pad
 * by fixed amounts before strided convolutions. What tells them apart are the convolutions of a single pixel, for which the
 * same computation gave Pads by nothing at all. Every convolution that is padded has to fit.
 */
export function* samePadding({ inference, nodes }: Scene): Iterable<Claim> {
  let idle = 0;
  let open: PaddedAxis[] | undefined;
  for (const node of nodes) {
    const axes = isOp(node, 'Conv') ? paddedAxes(node, inference) : undefined;
    if (axes === undefined) continue;
    if (!axes.every(fits)) return;
    if (axes.every(({ head, tail }) => head.isZero() && tail.isZero())) idle++;
    // What comes later has other sizes once this is settled.
    else if (open === undefined && !axes.every(isSettled)) open = axes;
  }
  if (open === undefined || idle < FEWEST_IDLE) return;
  for (const { node, axis, size, stride, head, tail, before, after } of open) {
    if (size.isNumber || stride === 1) continue;
    const what = `padding of axis ${axis} of size ${size} that makes ${size.ceilDiv(stride)} positions of stride ${stride}`;
    yield { node, what, left: head, right: before, needsTraced: false };
    yield { node, what, left: tail, right: after, needsTraced: false };
  }
}

/** How a convolution's own Pad pads its spatial axes; undefined where there is none, or the convolution pads as well. */
function paddedAxes(node: Node, inference: Inference): PaddedAxis[] | undefined {
  const pad = node.inputs[0]?.producer;
  const shape = shapeOf(inference, pad?.inputs[0]);
  const weight = shapeOf(inference, node.inputs[1]);
  if (pad === undefined || !isOp(pad, 'Pad') || shape === undefined || weight === undefined) return undefined;
  const ints = (name: string) => node.attributes.get(name)?.asInts()?.map(Number);
  const isValid = ['NOTSET', 'VALID'].includes(node.attributes.get('auto_pad')?.asString() ?? 'NOTSET');
  const amounts = parameter(inference, pad, 'pads', 1);
  const isConstant = (pad.attributes.get('mode')?.asString() ?? 'constant') === 'constant';
  if (!isValid || ints('pads')?.some((n) => n !== 0) || !isConstant || amounts?.length !== 2 * shape.length) {
    return undefined;
  }
  const axes: PaddedAxis[] = [];
  for (let axis = 2; axis < shape.length; axis++) {
    const [size, head, tail] = [shape[axis], amounts[axis], amounts[axis + shape.length]];
    const kernel = weight[axis]?.value;
    if (size === undefined || head === undefined || tail === undefined || kernel === undefined) return undefined;
    const stride = ints('strides')?.[axis - 2] ?? 1;
    const reach = (kernel - 1) * (ints('dilations')?.[axis - 2] ?? 1) + 1;
    const wanted = size.ceilDiv(stride).sub(1).mul(stride).add(reach).sub(size).max(0);
    const before = wanted.floorDiv(2);
    axes.push({ node: pad, axis, size, head, tail, stride, before, after: wanted.sub(before) });
  }
  return axes;
}

function isSettled({ head, tail, before, after }: PaddedAxis): boolean {
  return head.equals(before) && tail.equals(after);
}

/** Is it padded as wanted, at all sizes that the traced one may have been? */
function fits({ head, tail, before, after, stride, size }: PaddedAxis): boolean {
  const symbols = new Set([...size.symbols(), ...head.symbols(), ...tail.symbols()]);
  const at = (dim: Dim, n: number) => dim.evaluate(new Map([...symbols].map((name) => [name, n])));
  return [[head, before] as const, [tail, after] as const].every(([amount, wanted]) => {
    if (isWritten(amount)) return TRIED.some((n) => amount.value === at(wanted, n));
    return TRIED.every((n) => (at(size, n) ?? 0) % stride === 0 || at(amount, n) === at(wanted, n));
  });
}
