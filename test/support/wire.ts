/** Protobuf messages byte by byte, for files that no serialiser would write. */
export type Bytes = readonly number[];

/** A varint; 64-bit numbers as bigint. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

export function tag(number: number, wireType: number): number[] {
  return varint(number * 8 + wireType);
}

/** A varint field. */
export function int(number: number, value: number | bigint): number[] {
  return [...tag(number, 0), ...varint(value)];
}

/** A length-delimited field: a message, bytes or text. */
export function field(number: number, ...content: (Bytes | string)[]): number[] {
  const bytes = content.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part));
  return [...tag(number, 2), ...varint(bytes.length), ...bytes];
}

/** A fixed32 field that holds a float. */
export function float(number: number, value: number): number[] {
  return [...tag(number, 5), ...new Uint8Array(Float32Array.of(value).buffer)];
}

/** A group, which ONNX has none of. */
export function group(number: number, ...content: Bytes[]): number[] {
  return [...tag(number, 3), ...content.flat(), ...tag(number, 4)];
}

export function bytesOf(...parts: Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}

/** Reads as protobuf does: the message of an ONNX model with the given graph content. */
export function model(...graph: Bytes[]): Uint8Array {
  return bytesOf(int(1, 8), field(7, ...graph), field(8, int(2, 17)));
}

/** A `NodeProto` field of a graph. */
export function node(opType: string, inputs: string[], outputs: string[], ...rest: Bytes[]): number[] {
  const names = [...inputs.map((name) => field(1, name)), ...outputs.map((name) => field(2, name))];
  return field(1, ...names, field(4, opType), ...rest);
}
