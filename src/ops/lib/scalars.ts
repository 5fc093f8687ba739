import { Dim } from '../../symbolic/dim.js';
import { type Scalar, scalarOfFloat } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { CONTENT_LIMIT } from '../types.js';
import { isComplex } from './alloc.js';
import type { Content } from './elements.js';

/** A tensor's elements as scalars; undefined for strings, complex numbers and long tensors. */
export function contentOfDense({ dtype, data }: DenseTensor): Content | undefined {
  if (data.length > CONTENT_LIMIT || isComplex(dtype)) return undefined;
  const content: Scalar[] = [];
  for (const element of data) {
    if (typeof element === 'string') return undefined;
    content.push(typeof element === 'bigint' ? Dim.of(element) : scalarOfFloat(element));
  }
  return content;
}
