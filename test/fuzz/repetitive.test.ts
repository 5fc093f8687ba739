import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import { serialize } from '../../src/model/save.js';
import { varint } from '../support/wire.js';

/** A megabyte of one small field, within messages: what costs a reader most for every byte. */
function megabyte(unit: readonly number[], ...within: readonly number[]): Uint8Array {
  const count = Math.floor((1 << 20) / unit.length);
  let bytes: Uint8Array = new Uint8Array(count * unit.length);
  for (let i = 0; i < count; i++) bytes.set(unit, i * unit.length);
  for (const tag of within) bytes = Buffer.concat([Uint8Array.from([tag, ...varint(bytes.length)]), bytes]);
  return new Uint8Array(bytes);
}

const GRAPH = 0x3a;
const NODE = 0x0a;
const ATTRIBUTE = 0x2a;

describe('a megabyte of the same thing', () => {
  it.each<[string, Uint8Array]>([
    ['nodes without anything', megabyte([0x0a, 0], GRAPH)],
    ['initializers without anything', megabyte([0x2a, 0], GRAPH)],
    ['inputs without a name', megabyte([0x5a, 0], GRAPH)],
    ['outputs without a name', megabyte([0x62, 0], GRAPH)],
    ['value_info without a name', megabyte([0x6a, 0], GRAPH)],
    ['metadata without a key', megabyte([0x82, 1, 0], GRAPH)],
    ['inputs of one node', megabyte([0x0a, 1, 97], NODE, GRAPH)],
    ['outputs of one node', megabyte([0x12, 1, 97], NODE, GRAPH)],
    ['attributes of one node', megabyte([0x2a, 0], NODE, GRAPH)],
    ['numbers of one attribute', megabyte([0x40, 1], ATTRIBUTE, NODE, GRAPH)],
    ['sizes of one tensor', megabyte([0x08, 1], 0x2a, GRAPH)],
    ['strings of one tensor', megabyte([0x32, 0], 0x2a, GRAPH)],
    ['unknown fields', megabyte([0xc8, 0x3e, 1], GRAPH)],
  ])('%s: takes a moment, and no more memory than it should', async (_, bytes) => {
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    const model = await load(bytes);
    const { graph } = model;
    for (const value of [...graph.inputs, ...graph.outputs, ...graph.initializers]) value.declared;
    for (const node of graph.nodes) for (const attribute of node.attributes) attribute.value;
    graph.topologicalOrder();
    graph.name = 'changed';
    expect((await serialize(model)).length).toBeGreaterThan(bytes.length);
    // Both bounds leave room for a busy machine; what they are for is squares of a million.
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(600e6);
  });

  it.each<[string, Uint8Array]>([
    ['graphs of one attribute', megabyte([0x5a, 0], ATTRIBUTE, NODE, GRAPH)],
    ['functions', new Uint8Array([GRAPH, 0, ...megabyte([0xca, 1, 0])])],
  ])('%s: is refused', async (_, bytes) => {
    await expect(load(bytes)).rejects.toThrow('more than 100,000 graphs');
  });
});
