import type { DenseTensor } from '../tensor/dense.js';

interface Entry<T> {
  readonly tensor: DenseTensor;
  readonly value: T;
}

/** What belongs to constants, by their content: the same type, shape and bits. */
export class ConstantPool<T> {
  readonly #entries = new Map<string, Entry<T>[]>();

  /** What belongs to exactly this tensor. */
  find(tensor: DenseTensor): T[] {
    const entries = this.#entries.get(keyOf(tensor)) ?? [];
    return entries
      .filter((entry) => entry.tensor === tensor || sameBits(entry.tensor, tensor))
      .map(({ value }) => value);
  }

  add(tensor: DenseTensor, value: T): void {
    const key = keyOf(tensor);
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [{ tensor, value }]);
    else entries.push({ tensor, value });
  }
}

/** Most tensors differ early. */
const HASHED = 4096;

function keyOf({ dtype, shape, data }: DenseTensor): string {
  let hash = 0x811c9dc5; // FNV-1a: only sorts tensors into buckets
  if (Array.isArray(data)) hash = data.length;
  else for (const byte of bytesOf(data).subarray(0, HASHED)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${dtype}[${shape.join(',')}]${hash}`;
}

function sameBits(a: DenseTensor, b: DenseTensor): boolean {
  if (Array.isArray(a.data) || Array.isArray(b.data)) return JSON.stringify(a.data) === JSON.stringify(b.data);
  const left = bytesOf(a.data);
  const right = bytesOf(b.data);
  if (left.length !== right.length) return false;
  // Tables have millions of bytes: no call for each.
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function bytesOf(data: Exclude<DenseTensor['data'], string[]>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
