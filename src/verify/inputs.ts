/** Inputs for a model out of nothing but its declaration: sizes by symbol, and reproducible values by element type. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type DenseTensor, elementCount } from '../tensor/dense.js';
import { DataType, dataTypeName, isFloat } from '../tensor/dtype.js';
import { RuntimeFailure } from './errors.js';
import type { Port } from './runtime.js';

/** Sizes of a model's symbolic dims: symbol -> number. A dim without a symbol is called `<input>.<axis>`. */
export type Sizes = Readonly<Record<string, number>>;

/** What integer vectors are to hold, by input name; used where an input has as many elements. */
export type InputValues = Readonly<Record<string, readonly number[]>>;

/**
 * How integer and bool inputs are filled, since nothing in a model says what range they have: `plausible` takes the
 * longest size for lengths (scalars and vectors), 0..3 for ids and true for masks; the others are one value.
 */
export type IntegerData = 'plausible' | 'zeros' | 'ones';

/** The name under which {@link Sizes} knows an axis; undefined when its size is fixed. */
export function symbolOf(port: Port, axis: number): string | undefined {
  const dim = port.shape[axis];
  return typeof dim === 'number' ? undefined : (dim ?? `${port.name}.${axis}`);
}

/**
 * Sizes that two declarations of the same inputs fix between them: where one says a number and the other a symbol, the
 * symbol is that number.
 */
export function sizesFixedBetween(a: readonly Port[], b: readonly Port[]): Sizes {
  const sizes: Record<string, number> = {};
  for (const port of a) {
    const twin = b.find(({ name }) => name === port.name);
    if (twin === undefined || twin.shape.length !== port.shape.length) continue;
    port.shape.forEach((dim, axis) => {
      const other = twin.shape[axis];
      if (typeof dim === 'number' && typeof other !== 'number') sizes[symbolOf(twin, axis) as string] = dim;
      if (typeof other === 'number' && typeof dim !== 'number') sizes[symbolOf(port, axis) as string] = other;
    });
  }
  return sizes;
}

/** Is this axis counted like a batch: the first of several, or the only one of an integer vector? */
function isBatchLike(port: Port, axis: number): boolean {
  return axis === 0 && (port.shape.length > 1 || (port.dtype !== undefined && !isFloat(port.dtype)));
}

/** The symbols of the declared inputs that no size is given for: batch-like ones (see below) and the others. */
export function unknownSymbols(ports: readonly Port[], sizes: Sizes): { batch: Set<string>; free: Set<string> } {
  const batch = new Set<string>();
  const free = new Set<string>();
  for (const port of ports) {
    port.shape.forEach((_, axis) => {
      const symbol = symbolOf(port, axis);
      if (symbol === undefined || symbol in sizes) return;
      (isBatchLike(port, axis) ? batch : free).add(symbol);
    });
  }
  for (const symbol of batch) free.delete(symbol);
  return { batch, free };
}

/** A port's shape at the given sizes. @throws RangeError when a symbol has no size. */
export function shapeAt(port: Port, sizes: Sizes): number[] {
  return port.shape.map((dim, axis) => {
    const symbol = symbolOf(port, axis);
    const size = symbol === undefined ? (dim as number) : sizes[symbol];
    if (size === undefined) throw new RangeError(`no size is given for ${symbol}`);
    return size;
  });
}

/**
 * Builds inputs for the declared ports; the same call gives the same values.
 *
 * @param ports - what the model declares
 * @param sizes - a size for every symbol of the ports
 * @param integers - how integers and bools are filled
 * @param values - what some of them hold instead
 * @returns tensors by name: floats uniform in [-1, 1)
 * @throws RuntimeFailure when an input is not a tensor of a type that onnxruntime-node takes
 */
export function makeInputs(
  ports: readonly Port[],
  sizes: Sizes,
  integers: IntegerData = 'plausible',
  values: InputValues = {},
): Map<string, DenseTensor> {
  const longest = longestSize(ports, sizes);
  return new Map(
    ports.map((port, i) => {
      const shape = shapeAt(port, sizes);
      const given = values[port.name];
      const isGiven = given?.length === elementCount(shape) && port.dtype !== undefined && !isFloat(port.dtype);
      const tensor = isGiven
        ? valuesTensor(port.dtype, shape, given)
        : makeTensor(port, shape, integers, longest, i + 1);
      return [port.name, tensor];
    }),
  );
}

/** What a lengths input would hold: the longest size that is not batch-like. */
function longestSize(ports: readonly Port[], sizes: Sizes): number {
  let longest = 1;
  for (const port of ports) {
    port.shape.forEach((_, axis) => {
      const symbol = symbolOf(port, axis);
      if (symbol !== undefined && !isBatchLike(port, axis)) longest = Math.max(longest, sizes[symbol] ?? 1);
    });
  }
  return longest;
}

function makeTensor(
  { name, dtype }: Port,
  shape: readonly number[],
  integers: IntegerData,
  longest: number,
  seed: number,
): DenseTensor {
  if (dtype === undefined) throw new RuntimeFailure(`input ${name} is not a tensor that onnxruntime-node can be given`);
  const count = elementCount(shape);
  const random = xoroshiro128plus(seed);
  if (isFloat(dtype)) {
    // Steps of 1/512 are exact in half precision too.
    const element = () => Math.floor(uniformFloat32(random) * 1024) / 512 - 1;
    const data =
      dtype === DataType.DOUBLE ? new Float64Array(count).map(element) : new Float32Array(count).map(element);
    return { dtype, shape, data };
  }
  if (dtype === DataType.STRING) return { dtype, shape, data: Array.from({ length: count }, () => 'a') };
  const isLengths = shape.length < 2;
  const element = () => {
    if (integers !== 'plausible') return integers === 'ones' ? 1 : 0;
    if (dtype === DataType.BOOL) return 1;
    return isLengths ? longest : uniformInt(random, 0, 3);
  };
  return { dtype, shape, data: integerData(dtype, count, element) };
}

function valuesTensor(dtype: number, shape: readonly number[], values: readonly number[]): DenseTensor {
  let next = 0;
  return { dtype, shape, data: integerData(dtype, values.length, () => values[next++] as number) };
}

function integerData(dtype: number, count: number, element: () => number): DenseTensor['data'] {
  const atMost = (limit: number) => () => Math.min(element(), limit);
  switch (dtype) {
    case DataType.INT64:
      return new BigInt64Array(count).map(() => BigInt(element()));
    case DataType.UINT64:
      return new BigUint64Array(count).map(() => BigInt(element()));
    case DataType.BOOL:
    case DataType.UINT8:
      return new Uint8Array(count).map(atMost(255));
    case DataType.INT8:
      return new Int8Array(count).map(atMost(127));
    case DataType.UINT16:
      return new Uint16Array(count).map(atMost(65_535));
    case DataType.INT16:
      return new Int16Array(count).map(atMost(32_767));
    case DataType.INT32:
      return new Int32Array(count).map(element);
    case DataType.UINT32:
      return new Uint32Array(count).map(element);
    default:
      throw new RuntimeFailure(`no values can be made for inputs of type ${dataTypeName(dtype)}`);
  }
}
