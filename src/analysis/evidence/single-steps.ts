import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import type { Inference } from '../infer.js';
import { rangeLength } from './compared-lengths.js';
import type { Scene } from './evidence.js';
import { integersOf, isOp } from './look.js';

/** A division by the number of steps between n positions, which is 0 where there is one. */
export interface SingleStep {
  readonly node: Node;
  readonly size: Dim;
}

/**
 * Evenly spaced positions as exporters write `linspace(start, end, n)`: `range(n) * ((end - start) / (n - 1)) + start`. Of
 * one position, that is 0 * (0 / 0).
 *
 * @param sizes - the numbers of positions that are of interest
 */
export function singleSteps(
  { inference, nodes }: Pick<Scene, 'inference' | 'nodes'>,
  sizes: readonly Dim[],
): SingleStep[] {
  const found: SingleStep[] = [];
  for (const node of nodes) {
    if (!isOp(node, 'Div') || node.inputs[1] === undefined) continue;
    const [steps] = integersOf(inference, uncast(node.inputs[1])) ?? [];
    if (!isFloatDivision(node, inference)) continue;
    const size = sizes.find((each) => steps?.equals(each.sub(1)));
    const [use, ...more] = node.outputs[0]?.uses ?? [];
    if (size === undefined || use === undefined || more.length > 0 || !isOp(use.node, 'Mul')) continue;
    const length = rangeLength(use.node.inputs[1 - use.index], { inference });
    if (length?.equals(size)) found.push({ node, size });
  }
  return found;
}

function uncast(value: Value): Value {
  const { producer } = value;
  return producer && isOp(producer, 'Cast') ? (producer.inputs[0] ?? value) : value;
}

/** Single and double precision: only there is 0 / 0 a number at all, and only these are written for positions. */
function isFloatDivision(node: Node, inference: Inference): boolean {
  const facts = node.inputs[1] && inference.facts(node.inputs[1]);
  return facts?.kind === 'tensor' && (facts.dtype === DataType.FLOAT || facts.dtype === DataType.DOUBLE);
}
