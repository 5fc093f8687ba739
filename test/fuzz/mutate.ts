import { varint } from '../support/wire.js';

/** Deterministic random integers (xorshift32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 2654435761) >>> 0 || 1;
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % Math.max(1, below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Numbers that break careless readers of lengths, counts and sizes. */
const NASTY: readonly bigint[] = [
  0n,
  1n,
  127n,
  128n,
  1023n,
  1024n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const NAMES = ['__proto__', 'constructor', 'toString', '', '../../etc/passwd', '\0', 'a'.repeat(300)];

/** Makes a new input from one or two that are known. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Bytes {
  let bytes: Bytes = Uint8Array.from(random.pick(seeds));
  if (random.below(25) === 0) bytes = structure(random, 0);
  for (let rounds = random.pick([1, 1, 1, 2, 3, 6]); rounds > 0; rounds--)
    bytes = random.pick(MUTATIONS)(bytes, random, seeds);
  return bytes.length > 1 << 20 ? bytes.subarray(0, 1 << 20) : bytes;
}

type Bytes = Uint8Array<ArrayBuffer>;
type Mutation = (bytes: Bytes, random: Random, seeds: readonly Uint8Array[]) => Bytes;

const MUTATIONS: readonly Mutation[] = [
  // A bit.
  (bytes, random) => {
    const at = random.below(bytes.length);
    if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    return bytes;
  },
  // A byte.
  (bytes, random) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    return bytes;
  },
  // The end is missing.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  // A piece is missing.
  (bytes, random) => {
    const at = random.below(bytes.length);
    return splice(bytes, at, random.below(Math.min(64, bytes.length - at)), []);
  },
  // A number lies: written over or between what is there.
  (bytes, random) => {
    const number = varint(random.pick(NASTY));
    return splice(bytes, random.below(bytes.length), random.below(3), number);
  },
  // A field of another message, or a part of another file.
  (bytes, random, seeds) => {
    const other = random.pick(seeds);
    const from = random.below(other.length);
    return splice(bytes, random.below(bytes.length), 0, other.subarray(from, from + random.below(200)));
  },
  // The same again: fields that occur twice.
  (bytes, random) => {
    const from = random.below(bytes.length);
    return splice(bytes, random.below(bytes.length), 0, bytes.subarray(from, from + random.below(100)));
  },
  // A well-formed field at any place.
  (bytes, random) => splice(bytes, random.below(bytes.length), 0, structure(random, 3)),
  // The whole model within messages within messages.
  (bytes, random) => {
    let nested = bytes;
    for (let depth = random.below(120); depth > 0 && nested.length < 1 << 19; depth--) {
      nested = Uint8Array.from([...random.pick(WRAPPERS), ...varint(nested.length), ...nested]);
    }
    return nested;
  },
  // Two models in one file: protobuf merges them.
  (bytes, random, seeds) => splice(bytes, bytes.length, 0, random.pick(seeds)),
];

/** Tags of fields that hold messages: graph, node, attribute, graph of an attribute, tensor, type, element type. */
const WRAPPERS = [[0x3a], [0x0a], [0x2a], [0x32], [0x12], [0x22], [0x4a], [0xca, 0x01]];

/** Random but well-formed fields. */
function structure(random: Random, depth: number): Bytes {
  const parts: number[] = [];
  for (let fields = 1 + random.below(6); fields > 0; fields--) {
    const number = random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 25, 26, 1000]);
    const kind = random.below(8);
    if (kind === 0) parts.push(...varint(number * 8), ...varint(random.pick(NASTY)));
    else if (kind === 1) parts.push(...varint(number * 8 + 5), 0, 0, 0x80, 0x3f);
    else if (kind === 2) parts.push(...varint(number * 8 + 1), 0, 0, 0, 0, 0, 0, 0xf0, 0x7f);
    else if (kind === 3)
      parts.push(...varint(number * 8 + 3), ...structure(random, depth + 2), ...varint(number * 8 + 4));
    else {
      const text = new TextEncoder().encode(random.pick(NAMES));
      const content = kind < 6 && depth < 6 ? structure(random, depth + 1) : text;
      parts.push(...varint(number * 8 + 2), ...varint(content.length), ...content);
    }
    if (parts.length > 20_000) break;
  }
  return Uint8Array.from(parts);
}

function splice(bytes: Bytes, at: number, remove: number, insert: ArrayLike<number>): Bytes {
  const rest = bytes.subarray(at + remove);
  const result = new Uint8Array(at + insert.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(rest, at + insert.length);
  return result;
}
