import type { DenseData } from './dense.js';

/** The elements of several tensors of one type, one after the other. */
export function joinData(parts: readonly [DenseData, ...DenseData[]]): DenseData {
  const [first] = parts;
  if (Array.isArray(first)) return (parts as readonly (readonly string[])[]).flat();
  const make = first.constructor as new (length: number) => Float32Array; // or whichever typed array it is
  const joined = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part as Float32Array, at);
    at += part.length;
  }
  return joined;
}
