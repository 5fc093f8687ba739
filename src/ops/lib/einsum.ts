import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { dataTypeName, isFloat } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocate, type BigData, isBig, type NumberData, numeric } from './alloc.js';
import { roundInPlace } from './elementwise.js';
import { stridesOf } from './shapes.js';

/** One axis of a term: a letter, or `.0`, `.1` ... for the axes of an ellipsis, counted from its end. */
export type Label = string;

/** An equation of Einsum for operands of known ranks. */
export interface EinsumEquation {
  readonly operands: readonly (readonly Label[])[];
  readonly result: readonly Label[];
}

/**
 * Reads an equation: terms separated by commas, `...` for leading axes that broadcast, an optional result. Without one, the
 * result has the ellipsis and then the letters that occur once, in alphabetical order.
 *
 * @throws EvaluationError when it does not fit the operands.
 */
export function parseEinsum(equation: string, ranks: readonly number[]): EinsumEquation {
  const [left = '', right] = equation.replace(/\s/g, '').split('->');
  const terms = left.split(',');
  if (terms.length !== ranks.length) throw new EvaluationError(`${terms.length} terms for ${ranks.length} operands`);
  let ellipsis = 0;
  const operands = terms.map((term, i) => {
    const letters = term.replace('...', '');
    const rank = ranks[i] as number;
    const extra = rank - letters.length;
    if (extra < 0 || (extra > 0 && !term.includes('...'))) {
      throw new EvaluationError(`term ${term} of Einsum does not fit ${rank} dimensions`);
    }
    ellipsis = Math.max(ellipsis, extra);
    return labelsOf(term, extra);
  });
  if (right !== undefined) return { operands, result: labelsOf(right, right.includes('...') ? ellipsis : 0) };
  const letters = operands.flat().filter((label) => !label.startsWith('.'));
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label)).sort();
  return { operands, result: [...ellipsisLabels(ellipsis), ...once] };
}

function labelsOf(term: string, extra: number): Label[] {
  const at = term.indexOf('...');
  if (at < 0) return [...term];
  return [...term.slice(0, at), ...ellipsisLabels(extra), ...term.slice(at + 3)];
}

function ellipsisLabels(count: number): Label[] {
  return Array.from({ length: count }, (_, i) => `.${count - 1 - i}`);
}

/** Sums products over every label that the result does not have. Floats are accumulated in doubles. */
export function einsum(equation: string, inputs: readonly DenseTensor[]): DenseTensor {
  const { operands, result } = parseEinsum(
    equation,
    inputs.map((input) => input.shape.length),
  );
  const sizes = sizesOf(operands, inputs);
  for (const label of result) if (!sizes.has(label)) throw new EvaluationError(`${label} is in no term of Einsum`);
  const dtype = (inputs[0] as DenseTensor).dtype;
  const other = inputs.find((input) => input.dtype !== dtype);
  if (other !== undefined)
    throw new EvaluationError(`Einsum of ${dataTypeName(dtype)} and ${dataTypeName(other.dtype)}`);
  const summed = [...sizes.keys()].filter((label) => !result.includes(label));
  const stride = (labels: readonly Label[]) => operands.map((own, i) => stepsOf(own, inputs[i] as DenseTensor, labels));
  const shape = result.map((label) => sizes.get(label) as number);
  const outer = { sizes: shape, strides: stride(result) };
  const inner = { sizes: summed.map((label) => sizes.get(label) as number), strides: stride(summed) };
  const data = allocate(dtype, elementCount(shape));
  const sources = inputs.map((input) => numeric(input));
  if (isBig(data)) contractBig(sources as BigData[], outer, inner, data);
  else {
    contract(sources as NumberData[], outer, inner, data, isFloat(dtype));
    roundInPlace(data, dtype);
  }
  return { dtype, shape, data };
}

/** The size of each label; 1 gives way to another size, within an ellipsis and between letters alike. */
function sizesOf(operands: readonly (readonly Label[])[], inputs: readonly DenseTensor[]): Map<Label, number> {
  const sizes = new Map<Label, number>();
  operands.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const size = inputs[i]?.shape[axis] as number;
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && size !== 1 && known !== size) {
        throw new EvaluationError(`${label} of Einsum is ${known} and ${size}`);
      }
      sizes.set(label, known === 1 ? size : known);
    });
  });
  return sizes;
}

/** How far one step along each label moves within an operand; a repeated label walks its diagonal. */
function stepsOf(own: readonly Label[], { shape }: DenseTensor, labels: readonly Label[]): number[] {
  const strides = stridesOf(shape);
  return labels.map((label) =>
    own.reduce((sum, o, axis) => sum + (o === label && shape[axis] !== 1 ? (strides[axis] as number) : 0), 0),
  );
}

interface Loops {
  readonly sizes: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** Positions of every operand at every step of some nested loops, in row-major order. */
function positionsOf({ sizes, strides }: Loops): Float64Array[] {
  return strides.map((own) => {
    let positions = new Float64Array(1);
    sizes.forEach((size, axis) => {
      const next = new Float64Array(positions.length * size);
      for (let i = 0; i < positions.length; i++) {
        for (let k = 0; k < size; k++) next[i * size + k] = (positions[i] as number) + k * (own[axis] as number);
      }
      positions = next;
    });
    return positions;
  });
}

function contract(sources: readonly NumberData[], outer: Loops, inner: Loops, target: NumberData, wide: boolean): void {
  const bases = positionsOf(outer);
  const offsets = positionsOf(inner);
  const steps = elementCount(inner.sizes);
  for (let i = 0; i < target.length; i++) {
    let sum = 0;
    for (let k = 0; k < steps; k++) {
      let product = 1;
      for (let s = 0; s < sources.length; s++) {
        const x = sources[s]?.[(bases[s]?.[i] as number) + (offsets[s]?.[k] as number)] as number;
        product = wide ? product * x : Math.imul(product, x);
      }
      sum = wide ? sum + product : (sum + product) | 0;
    }
    target[i] = sum;
  }
}

function contractBig(sources: readonly BigData[], outer: Loops, inner: Loops, target: BigData): void {
  const bases = positionsOf(outer);
  const offsets = positionsOf(inner);
  const steps = elementCount(inner.sizes);
  for (let i = 0; i < target.length; i++) {
    let sum = 0n;
    for (let k = 0; k < steps; k++) {
      let product = 1n;
      for (let s = 0; s < sources.length; s++) {
        product *= sources[s]?.[(bases[s]?.[i] as number) + (offsets[s]?.[k] as number)] as bigint;
      }
      sum += product;
    }
    target[i] = sum;
  }
}
