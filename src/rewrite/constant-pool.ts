import type { Value } from '../model/value.js';
import type { DenseTensor } from '../tensor/dense.js';

interface Entry {
  readonly tensor: DenseTensor;
  readonly value: Value;
}

/** Constants by content: the same type, shape and bits. */
export class ConstantPool {
  readonly #entries = new Map<string, Entry[]>();

  /** Values that hold exactly this tensor. */
  find(tensor: DenseTensor): Value[] {
    const entries = this.#entries.get(keyOf(tensor)) ?? [];
    return entries.filter((entry) => sameBits(entry.tensor, tensor)).map(({ value }) => value);
  }

  add(tensor: DenseTensor, value: Value): void {
    const key = keyOf(tensor);
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [{ tensor, value }]);
    else entries.push({ tensor, value });
  }
}

function keyOf({ dtype, shape, data }: DenseTensor): string {
  let hash = 0x811c9dc5; // FNV-1a: only sorts tensors into buckets
  if (Array.isArray(data)) hash = data.length;
  else for (const byte of bytesOf(data)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${dtype}[${shape.join(',')}]${hash}`;
}

function sameBits(a: DenseTensor, b: DenseTensor): boolean {
  if (Array.isArray(a.data) || Array.isArray(b.data)) return JSON.stringify(a.data) === JSON.stringify(b.data);
  const left = bytesOf(a.data);
  const right = bytesOf(b.data);
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

function bytesOf(data: Exclude<DenseTensor['data'], string[]>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
