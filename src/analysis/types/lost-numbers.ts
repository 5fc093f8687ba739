import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { DataType, isFloat, isInteger } from '../../tensor/dtype.js';
import type { ConstantSource } from './constant-source.js';
import { widthRank } from './element-types.js';
import { readConstantSync } from './read-constant.js';
import type { TypeGraph } from './type-graph.js';

/** Numbers of a constant that another type cannot hold. */
export interface LostNumbers {
  /** Numbers that become zero. */
  readonly vanishing: number;
  /** Numbers that become infinite; those that fill masks are not counted. */
  readonly overflow: number;
  /** Numbers beyond the type's range that fill a mask. */
  readonly fills: number;
  /** Are there fractions, or numbers out of range, that an integer type would change? */
  readonly fractions: boolean;
}

const NOTHING: LostNumbers = { vanishing: 0, overflow: 0, fills: 0, fractions: false };

/** Largest finite and smallest positive number of the types that constants are narrowed to (IEEE 754 binary16; bfloat16). */
const RANGES = new Map<number, readonly [largest: number, smallest: number]>([
  [DataType.FLOAT16, [65504, 2 ** -24]],
  [DataType.BFLOAT16, [3.3895313892515355e38, 2 ** -133]],
  [DataType.FLOAT, [3.4028234663852886e38, 2 ** -149]],
]);

/** The largest finite and the smallest positive number of a floating-point type; undefined for types without a limit. */
export function rangeOf(dtype: number): readonly [largest: number, smallest: number] | undefined {
  return RANGES.get(dtype);
}

/** Payloads larger than this are weights, whose numbers are of ordinary size. */
const MOST_READ = 2 ** 20;

/** Which numbers of a constant another type cannot hold. */
export function lostNumbers(types: TypeGraph, source: ConstantSource, to: number): LostNumbers {
  if (isInteger(to) || to === DataType.BOOL) return { ...NOTHING, fractions: !holdsAll(source, to) };
  const range = rangeOf(to);
  if (range === undefined || widthRank(source.dtype) <= widthRank(to)) return NOTHING;
  if (!isFloat(source.dtype) || source.count > MOST_READ) return NOTHING;
  const [largest, smallest] = range;
  let vanishing = 0;
  let beyond = 0;
  for (const number of numbersOf(source)) {
    const size = Math.abs(number);
    if (size !== 0 && size < smallest / 2) vanishing++;
    if (size > largest && Number.isFinite(number)) beyond++;
  }
  const fills = beyond > 0 && fillsMask(types, source.value);
  return { vanishing, overflow: fills ? 0 : beyond, fills: fills ? beyond : 0, fractions: false };
}

function numbersOf(source: ConstantSource): Iterable<number> {
  const { data } = readConstantSync(source.value);
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

const INT_RANGES = new Map<number, readonly [number, number]>([
  [DataType.BOOL, [0, 1]],
  [DataType.INT32, [-(2 ** 31), 2 ** 31 - 1]],
  [DataType.INT64, [-(2 ** 63), 2 ** 63]],
  [DataType.UINT8, [0, 255]],
  [DataType.INT8, [-128, 127]],
]);

function holdsAll(source: ConstantSource, to: number): boolean {
  if (source.count > MOST_READ) return false;
  const range = INT_RANGES.get(to);
  if (range === undefined) return false;
  for (const number of numbersOf(source)) {
    // "To the end" in a Slice is the largest number of its type, whatever that is.
    const isEnd = source.dtype === DataType.INT64 && Math.abs(number) >= 2 ** 31 - 1 && to === DataType.INT32;
    if (!isEnd && !(Number.isInteger(number) && number >= range[0] && number <= range[1])) return false;
  }
  return true;
}

/** How far a mask may be from the Softmax that it masks. */
const REACH = 6;

/** Does a value go into Where, or into sums and products, that end in a Softmax or a maximum? */
function fillsMask(types: TypeGraph, value: Value): boolean {
  const seen = new Set<Node>();
  let front: Value[] = [value];
  for (let step = 0; step < REACH && front.length > 0; step++) {
    const next: Value[] = [];
    for (const each of front) {
      for (const { by } of types.readsOf.get(each) ?? []) {
        if (by.kind !== 'node' || seen.has(by.node)) continue;
        seen.add(by.node);
        const { opType } = by.node;
        if (/^(Softmax|LogSoftmax|ReduceMax|ArgMax|TopK|Exp)$/.test(opType)) return true;
        if (!PASSES_MASKS.has(opType)) continue;
        for (const output of by.node.outputs) if (output !== undefined) next.push(output);
      }
    }
    front = next;
  }
  return false;
}

const PASSES_MASKS = new Set(
  (
    'Where Add Sub Mul Div Cast Unsqueeze Squeeze Expand Reshape Transpose Concat Slice Trilu Identity Clip Max Min ' +
    'ConstantOfShape Neg Tile Gather ScatterND'
  ).split(' '),
);
