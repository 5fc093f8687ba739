import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import type { Inference } from '../infer.js';
import type { Accesses } from '../unrolled/accesses.js';

/** Constants of more elements are told apart by their names, as long as several nodes share them. */
const MOST_READ = 1024;

/** So many nodes in a row may compute what a step reads from the number of the step. */
export const DEEPEST = 4;

/** Compares what the steps of a loop read that no step makes. */
export class Operands {
  readonly #inference: Inference;
  readonly #accesses: Accesses;
  readonly #keys = new Map<Value, string>();

  constructor(inference: Inference, accesses: Accesses) {
    this.#inference = inference;
    this.#accesses = accesses;
  }

  /** A text that is equal for values that may be the same in all steps, or counted up; no large payload is read. */
  keyOf(value: Value): string {
    const behind = this.#accesses.resolve(value);
    const known = this.#keys.get(behind);
    if (known !== undefined) return known;
    const key = this.#makeKey(behind, 0);
    this.#keys.set(behind, key);
    return key;
  }

  #makeKey(value: Value, depth: number): string {
    const facts = this.#inference.facts(value);
    const isConstant = this.#inference.constants.isConstant(value) && facts?.kind === 'tensor';
    const node = value.producer;
    if (node !== undefined && node.opType !== 'Constant' && depth < DEEPEST) {
      const inputs = node.inputs.map((input) => input && this.#makeKey(this.#accesses.resolve(input), depth + 1));
      return `${node.domain} ${node.opType} ${value.outputIndex} (${inputs.join(', ')})`;
    }
    if (!isConstant) return `value ${value.name}`;
    const type = `constant ${facts.dtype} [${facts.shape?.join()}]`;
    // Whole numbers may count the steps.
    if (facts.dtype === DataType.INT64) return type;
    const count = facts.shape?.reduce((product, size) => product * (size?.value ?? Number.NaN), 1) ?? Number.NaN;
    if (count <= MOST_READ) return `${type} ${this.#inference.constants.dense(value)?.data.join()}`;
    return value.uses.length > 1 ? `${type} ${value.name}` : type;
  }

  /** The same value, or constants of the same type, shape and bits. */
  isSame(a: Value, b: Value): boolean {
    const [left, right] = [this.#accesses.resolve(a), this.#accesses.resolve(b)];
    if (left === right) return true;
    const [x, y] = [this.#dense(left), this.#dense(right)];
    return x !== undefined && y !== undefined && isSimilar(x, y) && isEqual(x.data, y.data);
  }

  /** By how much each element grows from one constant of whole numbers to the next; undefined for anything else. */
  growth(a: Value, b: Value): bigint[] | undefined {
    const [x, y] = [this.#dense(a), this.#dense(b)];
    if (!(x?.data instanceof BigInt64Array && y?.data instanceof BigInt64Array) || !isSimilar(x, y)) return undefined;
    const after = y.data;
    return Array.from(x.data, (element, i) => (after[i] as bigint) - element);
  }

  /** The elements of a constant of whole numbers. */
  integers(value: Value): { shape: readonly number[]; elements: bigint[] } | undefined {
    const dense = this.#dense(value);
    return dense?.data instanceof BigInt64Array ? { shape: dense.shape, elements: Array.from(dense.data) } : undefined;
  }

  #dense(value: Value): DenseTensor | undefined {
    return this.#inference.constants.isConstant(value) ? this.#inference.constants.dense(value) : undefined;
  }
}

function isSimilar(a: DenseTensor, b: DenseTensor): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
}

/** Bit by bit, so that a NaN is itself and -0 is not 0. */
function isEqual(a: DenseTensor['data'], b: DenseTensor['data']): boolean {
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.join('\0') === b.join('\0');
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return left.every((byte, i) => byte === right[i]);
}
