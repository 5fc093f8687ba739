import type { Facts } from '../../src/ops/types.js';
import { scalarValue } from '../../src/symbolic/scalar.js';
import { type DenseTensor, elementCount } from '../../src/tensor/dense.js';
import { dataTypeName } from '../../src/tensor/dtype.js';

function isClose(actual: number, expected: number, rtol: number, atol: number): boolean {
  if (rtol === 0 && atol === 0) return Object.is(actual, expected);
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  return actual === expected || Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}

/**
 * What differs between two tensors, in words; undefined when nothing does. Integers must be equal; without
 * tolerance floats as well, down to the sign of 0.
 */
export function difference(
  actual: DenseTensor | undefined,
  expected: DenseTensor,
  rtol = 0,
  atol = 0,
): string | undefined {
  if (actual === undefined) return 'no output';
  if (actual.dtype !== expected.dtype) return `${dataTypeName(actual.dtype)}, not ${dataTypeName(expected.dtype)}`;
  if (String(actual.shape) !== String(expected.shape)) return `shape [${actual.shape}], not [${expected.shape}]`;
  if (actual.data.constructor !== expected.data.constructor) return `stored as ${actual.data.constructor.name}`;
  if (actual.data.length !== expected.data.length) return `${actual.data.length} elements, not ${expected.data.length}`;
  for (let i = 0; i < expected.data.length; i++) {
    const a = actual.data[i];
    const b = expected.data[i];
    const same = typeof a === 'number' && typeof b === 'number' ? isClose(a, b, rtol, atol) : a === b;
    if (!same) return `element ${i}: ${a}, not ${b}`;
  }
  return undefined;
}

/** What is wrong in facts about a tensor, in words. What they leave open is not wrong. */
export function contradiction(facts: Facts | undefined, actual: DenseTensor): string | undefined {
  if (facts === undefined) return undefined;
  if (facts.kind !== 'tensor') return `said to be a ${facts.kind}`;
  if (facts.dtype !== undefined && facts.dtype !== actual.dtype) {
    return `said to be ${dataTypeName(facts.dtype)}, is ${dataTypeName(actual.dtype)}`;
  }
  const { shape, content } = facts;
  if (shape !== undefined) {
    const wrong =
      shape.length !== actual.shape.length ||
      shape.some((dim, axis) => dim?.value !== undefined && dim.value !== actual.shape[axis]);
    if (wrong) return `said to be [${shape}], is [${actual.shape}]`;
  }
  if (content === undefined) return undefined;
  if (content.length !== elementCount(actual.shape)) return `said to have ${content.length} elements`;
  for (let i = 0; i < content.length; i++) {
    const value = scalarValue(content[i]);
    const element = Number(actual.data[i]);
    if (value !== undefined && !isClose(value, element, 1e-3, 1e-6))
      return `element ${i} said to be ${value}, is ${element}`;
  }
  return undefined;
}
