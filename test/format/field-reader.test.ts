import { describe, expect, it } from 'vitest';
import { FieldReader, readPackedInts } from '../../src/format/field-reader.js';
import { FormatError } from '../../src/format/format-error.js';
import { MemorySource } from '../../src/format/memory-source.js';
import { Skeleton } from '../../src/format/skeleton.js';
import { bytesOf, field, float, group, int, tag, varint } from '../support/wire.js';

function reader(bytes: Uint8Array): FieldReader {
  return new FieldReader(new Skeleton(new MemorySource(bytes, 'test'), bytes), 0, bytes.length);
}

/** Message and offset of the error that reading all fields gives. */
function failure(bytes: Uint8Array): [string, number | undefined] {
  const fields = reader(bytes);
  try {
    while (fields.next());
  } catch (error) {
    if (error instanceof FormatError) return [error.message, error.offset];
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('FieldReader', () => {
  it('walks fields of every wire type', () => {
    const fields = reader(
      bytesOf(
        int(1, 300),
        field(2, 'text'),
        float(3, 1.5),
        [...tag(4, 1), 1, 2, 3, 4, 5, 6, 7, 8],
        group(5, int(1, 1), group(9)),
      ),
    );
    const seen: [number, number, number][] = [];
    while (fields.next()) seen.push([fields.number, fields.wireType, fields.end - fields.start]);
    expect(seen).toEqual([
      [1, 0, 2],
      [2, 2, 4],
      [3, 5, 4],
      [4, 1, 8],
      [5, 3, 5],
    ]);
  });

  it.each([
    [0n, 0],
    [127n, 127],
    [300n, 300],
    [-1n, -1],
    [2n ** 53n - 1n, 2 ** 53 - 1],
    [-(2n ** 63n), -(2 ** 63)],
    [2n ** 63n - 1n, 2 ** 63],
  ])('reads the varint of %s', (value, rounded) => {
    const fields = reader(bytesOf(int(1, value)));
    expect(fields.next()).toBe(true);
    expect(fields.bigint()).toBe(value);
    expect(fields.int()).toBe(rounded);
    expect(fields.int32()).toBe(Number(BigInt.asIntN(32, value)));
  });

  it('reads packed varints, and says when the last one has no end', () => {
    const packed = reader(bytesOf(field(1, varint(1), varint(-1), varint(300))));
    packed.next();
    expect(readPackedInts(packed)).toEqual([1, -1, 300]);
    const open = reader(bytesOf(field(1, varint(1), [0x80])));
    open.next();
    expect(() => readPackedInts(open)).toThrow('ends within a varint (at byte 3)');
    const long = reader(bytesOf(field(1, new Array<number>(12).fill(0x80))));
    long.next();
    expect(() => readPackedInts(long)).toThrow('longer than ten bytes');
  });

  it.each<[string, Uint8Array, string, number]>([
    ['a length beyond the end', bytesOf(int(1, 1), [0x12, 5, 1, 2]), 'length 5 of field 2 leads beyond the end', 2],
    ['a length of many gigabytes', bytesOf([0x12], varint(2n ** 62n)), 'leads beyond the end', 0],
    ['a cut varint', bytesOf(int(1, 1), [0x08, 0x80]), 'ends within a varint', 3],
    ['an endless varint', bytesOf([0x08], new Array<number>(11).fill(0xff)), 'longer than ten bytes', 1],
    ['a cut tag', bytesOf([0x80]), 'ends within a varint', 0],
    ['field number 0', bytesOf([0x02, 0]), 'field number is out of range', 0],
    ['a field number beyond 2^29', bytesOf(varint(2n ** 40n), [0]), 'field number is out of range', 0],
    ['wire type 6', bytesOf([0x0e]), 'wire type 6', 0],
    ['an end of group without a start', bytesOf([0x0c]), 'wire type 4', 0],
    ['a group without an end', bytesOf([0x0b, 0x08, 1]), 'group 1 has no end', 0],
    ['a group with the end of another', bytesOf([0x0b, 0x14]), 'end of another group', 1],
    ['a cut fixed32', bytesOf([0x0d, 1, 2]), 'ends within field 1', 0],
    ['a cut fixed64', bytesOf([0x09, 1, 2]), 'ends within field 1', 0],
    ['groups without end, nested', new Uint8Array(200).fill(0x0b), 'nested too deeply', 64],
  ])('refuses %s', (_, bytes, sentence, offset) => {
    const [message, at] = failure(bytes);
    expect(message).toContain(sentence);
    expect(at).toBe(offset);
  });
});
