import type { ByteSource } from '../src/format/byte-source.js';
import { Composer } from '../src/format/composer.js';
import { TensorField } from '../src/format/schema.js';
import { Skeleton } from '../src/format/skeleton.js';
import type { AttributeInput } from '../src/model/attribute.js';
import { load } from '../src/model/load.js';
import { type SaveOptions, save } from '../src/model/save.js';
import { Tensor } from '../src/model/tensor.js';
import type { Value } from '../src/model/value.js';
import { DataType } from '../src/tensor/dtype.js';

/** ModelProto { ir_version: 8, opset_import { version: 17 }, graph { name: "main" } } */
const EMPTY = Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 17, 0x3a, 6, 0x12, 4, 0x6d, 0x61, 0x69, 0x6e);

const WIDTH = 2048;
const FEED_FORWARD = 8192;
const HEADS = 16;
const VOCABULARY = 16_384;

/**
 * Writes a decoder transformer with random weights; 7 layers are 1.54 GB. The weights are made while they are written.
 *
 * @param path - where to
 * @param layers - 201 MB each, on top of 134 MB
 * @param options - `external: { split }` puts the weights into a file of their own
 */
export async function writeTransformer(path: string, layers: number, options: SaveOptions = {}): Promise<void> {
  const model = await load(EMPTY);
  const { graph } = model;
  let seed = 0;
  const weight = (name: string, ...dims: number[]) => graph.addInitializer(name, randomTensor(name, dims, ++seed));
  const float = (name: string, x: number) =>
    graph.addInitializer(name, { dtype: DataType.FLOAT, shape: [], data: Float32Array.of(x) });
  const ints = (name: string, ...data: number[]) =>
    graph.addInitializer(name, { dtype: DataType.INT64, shape: [data.length], data: BigInt64Array.from(data, BigInt) });
  const op = (opType: string, name: string, inputs: Value[], attributes: Record<string, AttributeInput> = {}) =>
    graph.addNode({ opType, name, inputs, outputs: [`${name}_output_0`], attributes }).outputs[0] as Value;

  const ids = graph.addInput('input_ids', DataType.INT64, ['batch', 'seq']);
  const heads = ints('head_dims', HEADS, WIDTH / HEADS);
  const width = ints('width', WIDTH);
  const scale = float('scale', (WIDTH / HEADS) ** 0.5);
  const one = float('one', 1);
  const half = float('half', 0.5);
  const root = float('sqrt2', 2 ** 0.5);
  const shape = op('Shape', '/Shape', [ids]);
  const split = op('Concat', '/Split', [shape, heads], { axis: { int: 0 } });
  const merge = op('Concat', '/Merge', [shape, width], { axis: { int: 0 } });
  let x = op('Gather', '/Embed', [weight('embed.weight', VOCABULARY, WIDTH), ids]);
  for (let i = 0; i < layers; i++) {
    const at = (name: string) => `/layers.${i}/${name}`;
    const linear = (name: string, input: Value, from: number, to: number) => {
      const product = op('MatMul', at(`${name}/MatMul`), [input, weight(`layers.${i}.${name}.weight`, from, to)]);
      return op('Add', at(`${name}/Add`), [product, weight(`layers.${i}.${name}.bias`, to)]);
    };
    const norm = (name: string, input: Value) =>
      op(
        'LayerNormalization',
        at(name),
        [input, weight(`layers.${i}.${name}.weight`, WIDTH), weight(`layers.${i}.${name}.bias`, WIDTH)],
        { axis: { int: -1 } },
      );
    const transposed = (name: string, input: Value, perm: number[]) =>
      op('Transpose', at(`${name}_t`), [input], { perm: { ints: perm } });
    const normed = norm('ln1', x);
    const [q, k, v] = (['q', 'k', 'v'] as const).map((name) => {
      const projected = op('Reshape', at(`${name}/Reshape`), [linear(name, normed, WIDTH, WIDTH), split]);
      return transposed(name, projected, name === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3]);
    }) as [Value, Value, Value];
    const scores = op('Softmax', at('Softmax'), [op('Div', at('Div'), [op('MatMul', at('qk'), [q, k]), scale])]);
    const mixed = transposed('mixed', op('MatMul', at('pv'), [scores, v]), [0, 2, 1, 3]);
    x = op('Add', at('res1'), [x, linear('o', op('Reshape', at('o/Reshape'), [mixed, merge]), WIDTH, WIDTH)]);
    const inner = linear('fc1', norm('ln2', x), WIDTH, FEED_FORWARD);
    const erf = op('Add', at('gelu3'), [op('Erf', at('gelu2'), [op('Div', at('gelu1'), [inner, root])]), one]);
    const gelu = op('Mul', at('gelu5'), [op('Mul', at('gelu4'), [inner, erf]), half]);
    x = op('Add', at('res2'), [x, linear('fc2', gelu, FEED_FORWARD, WIDTH)]);
  }
  x.name = 'hidden';
  x.setDeclared({ kind: 'tensor', elemType: DataType.FLOAT, shape: ['batch', 'seq', WIDTH] });
  graph.addOutput(x);
  await save(model, path, options);
}

/** A float tensor whose elements do not exist before they are written. */
function randomTensor(name: string, dims: readonly number[], seed: number): Tensor {
  const length = 4 * dims.reduce((product, dim) => product * dim, 1);
  const head = new Composer();
  for (const dim of dims) head.int(TensorField.dims, dim);
  head.int(TensorField.dataType, DataType.FLOAT);
  head.string(TensorField.name, name);
  head.tag(TensorField.rawData, 2);
  head.varint(length);
  const [bytes] = head.chunks() as [Uint8Array];
  const skeleton = new Skeleton(new RandomSource(name, bytes, length, seed), bytes, [{ at: bytes.length, length }]);
  return Tensor._read({ skeleton, number: 0, fieldStart: 0, start: 0, end: bytes.length });
}

/** A file of a head and random floats between 2^-7 and 2^-6: finite, never the same, hard to compress. */
class RandomSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly readAhead = 1 << 16;
  readonly #head: Uint8Array;
  readonly #seed: number;

  constructor(name: string, head: Uint8Array, length: number, seed: number) {
    this.name = name;
    this.size = head.length + length;
    this.#head = head;
    this.#seed = seed;
  }

  readIntoSync(target: Uint8Array, offset: number): void {
    const head = this.#head.subarray(offset, offset + target.length);
    target.set(head);
    const rest = target.subarray(head.length);
    const start = Math.max(0, offset - this.#head.length);
    const first = Math.floor(start / 4);
    const words = new Uint32Array(Math.ceil((start + rest.length) / 4) - first);
    for (let i = 0; i < words.length; i++) {
      let hash = Math.imul(first + i + this.#seed * 0x9e3779b9, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
      words[i] = ((hash ^ (hash >>> 13)) & 0x007fffff) | 0x3c000000;
    }
    rest.set(new Uint8Array(words.buffer, start - 4 * first, rest.length));
  }

  readSync(offset: number, length: number): Uint8Array {
    const target = new Uint8Array(length);
    this.readIntoSync(target, offset);
    return target;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.readSync(offset, length);
  }
}
