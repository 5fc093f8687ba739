import { CONTENT_LIMIT, type Shape, type TensorFacts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import type { Scalar } from '../symbolic/scalar.js';
import { type DenseTensor, elementCount } from '../tensor/dense.js';
import { isFloat } from '../tensor/dtype.js';

/** Element contents of constants are read up to this many elements for floats (scales, pads), more for integers. */
const FLOAT_CONTENT_LIMIT = 32;

type Content = readonly (Scalar | undefined)[] | undefined;

/** Facts whose `content` is computed when first read: most constants are weights that nobody asks. */
class LazyFacts implements TensorFacts {
  readonly kind = 'tensor';
  readonly dtype: number | undefined;
  readonly shape: Shape;
  #compute: (() => Content) | undefined;
  #content: Content;

  constructor(dtype: number | undefined, shape: Shape, compute: () => Content) {
    this.dtype = dtype;
    this.shape = shape;
    this.#compute = compute;
  }

  get content(): Content {
    if (this.#compute !== undefined) {
      const compute = this.#compute;
      this.#compute = undefined;
      this.#content = compute();
    }
    return this.#content;
  }
}

/** The facts of a constant; its elements are read when somebody asks for them, and only where there are few. */
export function lazyFacts(
  dtype: number | undefined,
  shape: Shape,
  dims: readonly number[],
  compute: () => Content,
): TensorFacts {
  const limit = dtype !== undefined && isFloat(dtype) ? FLOAT_CONTENT_LIMIT : CONTENT_LIMIT;
  return elementCount(dims) > limit ? { kind: 'tensor', dtype, shape } : new LazyFacts(dtype, shape, compute);
}

/** Elements as scalars; `cell` gives integral elements their origin. */
export function contentOf(
  dense: DenseTensor | undefined,
  cell: ((index: number, traced: number) => Dim) | undefined,
): Content {
  if (dense === undefined || typeof dense.data[0] === 'string') return undefined;
  if (dense.data.length !== elementCount(dense.shape)) return undefined; // complex
  const content: (Scalar | undefined)[] = [];
  for (let i = 0; i < dense.data.length; i++) {
    const element = Number(dense.data[i]);
    if (!Number.isSafeInteger(element)) {
      const exact = typeof dense.data[i] !== 'bigint';
      content.push(exact ? element : Dim.of(element));
    } else content.push(cell ? cell(i, element) : Dim.of(element));
  }
  return content;
}
