import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import { ModelError } from '../../src/model/model-error.js';
import { serialize } from '../../src/model/save.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { checkLinks } from '../support/check-links.js';
import { fixture } from '../support/fixture-models.js';
import {
  decodeModelProto,
  encodeModelProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../support/proto-oracle.js';

/** Makes the same edit with protobufjs, whose output for these files is Google's serialiser's. */
async function expectSameAs(
  path: string,
  edit: (model: Awaited<ReturnType<typeof load>>) => void,
  oracle: (proto: ModelProto) => void,
): Promise<void> {
  const file = readFileSync(fixture(path));
  const model = await load(file);
  edit(model);
  checkLinks(model);
  const proto = decodeModelProto(file);
  oracle(proto);
  const written = await serialize(model);
  expect(Buffer.compare(written, encodeModelProto(proto))).toBe(0);
  expect(model.isModified).toBe(true);
  await expect(load(written)).resolves.toBeDefined();
}

const CONFORMER = 'separator_relpos_1000/model.onnx';
const LOOP = 'if_in_loop_scripted/model.onnx';
const FUNCTIONS = 'functions_modules_as_functions/model.onnx';

describe('edits write what protobuf writes for them', () => {
  it('renaming a node', () =>
    expectSameAs(
      CONFORMER,
      ({ graph }) => {
        (graph.nodes[7] as { name: string }).name += '_renamed';
      },
      (proto) => {
        (proto.graph.node[7] as NodeProto).name += '_renamed';
      },
    ));

  it('the fields of the model', () =>
    expectSameAs(
      CONFORMER,
      (model) => {
        model.producerName = 'somebody';
        model.irVersion = 9;
        model.modelVersion = -(2n ** 60n);
        model.docString = 'Ünïcode';
        model.opsetImports.set('ai.onnx', 18).set('com.example', 1);
        model.metadata.set('one', '1').set('two', '2').set('one', 'I').delete('two');
        model.graph.name = 'main';
        model.graph.docString = 'about it';
        model.graph.metadata.set('k', 'v');
      },
      (proto) => {
        proto.producerName = 'somebody';
        proto.irVersion = 9;
        proto.modelVersion = '-1152921504606846976';
        proto.docString = 'Ünïcode';
        Object.assign(proto.opsetImport[0] ?? {}, { version: 18 });
        proto.opsetImport.push({ domain: 'com.example', version: 1 });
        proto.metadataProps.push({ key: 'one', value: 'I' });
        proto.graph.name = 'main';
        proto.graph.docString = 'about it';
        proto.graph.metadataProps.push({ key: 'k', value: 'v' });
      },
    ));

  it('adding and removing nodes and initializers', () =>
    expectSameAs(
      'causal_1e4_mul_add/model.onnx',
      ({ graph }) => {
        const weight = graph.addInitializer('new_weight', {
          dtype: DataType.FLOAT,
          shape: [2],
          data: Float32Array.of(1, -2),
        });
        const [first] = graph.nodes;
        graph.addNode(
          {
            opType: 'Custom',
            domain: 'com.example',
            name: 'extra',
            inputs: [weight, undefined, graph.inputs[0]],
            outputs: ['made', '', 'made_too'],
            attributes: {
              i: { int: -3 },
              is: { ints: [1, 2n ** 40n] },
              f: { float: 0.1 },
              fs: { floats: [1, -0] },
              s: { string: 'téxt' },
              ss: { strings: ['a', Uint8Array.of(255)] },
              t: { tensor: { dtype: DataType.INT64, shape: [], data: BigInt64Array.of(5n) } },
              tp: { type: { kind: 'tensor', elemType: 1, shape: ['N', 3, undefined] } },
            },
          },
          { after: first as NonNullable<typeof first> },
        );
        graph.addInput('late', DataType.INT64, ['B', 2]);
      },
      (proto) => {
        const raw = (bytes: ArrayBufferLike) => new Uint8Array(bytes);
        proto.graph.initializer.push({
          dims: [2],
          dataType: 1,
          name: 'new_weight',
          rawData: raw(Float32Array.of(1, -2).buffer),
        });
        const bytes = (text: string) => new TextEncoder().encode(text);
        proto.graph.node.splice(1, 0, {
          input: ['new_weight', '', proto.graph.input[0]?.name ?? ''],
          output: ['made', '', 'made_too'],
          name: 'extra',
          opType: 'Custom',
          domain: 'com.example',
          attribute: [
            { name: 'i', i: -3, type: 2 },
            { name: 'is', ints: [1, '1099511627776'], type: 7 },
            { name: 'f', f: 0.1, type: 1 },
            { name: 'fs', floats: [1, -0], type: 6 },
            { name: 's', s: bytes('téxt'), type: 3 },
            { name: 'ss', strings: [bytes('a'), Uint8Array.of(255)], type: 8 },
            { name: 't', t: { dims: [], dataType: 7, rawData: raw(BigInt64Array.of(5n).buffer) }, type: 4 },
            {
              name: 'tp',
              tp: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N' }, { dimValue: 3 }, {}] } } },
              type: 13,
            },
          ],
        });
        proto.graph.input.push({
          name: 'late',
          type: { tensorType: { elemType: 7, shape: { dim: [{ dimParam: 'B' }, { dimValue: 2 }] } } },
        });
      },
    ));

  it('renaming a value that subgraphs capture', () =>
    expectSameAs(
      LOOP,
      ({ graph }) => {
        const captured = graph.nodes
          .flatMap(({ outputs }) => outputs)
          .find((value) => value?.uses.some(({ node }) => node.graph !== graph));
        expect(captured).toBeDefined();
        (captured as { name: string }).name = 'renamed_capture';
      },
      (proto) => {
        const own = new Set<string>(proto.graph.node.flatMap(({ output }) => output));
        const captured = [...own].find((name) =>
          proto.graph.node.some((node) =>
            node.attribute.some(({ g }) => g && JSON.stringify(g.node).includes(JSON.stringify(name))),
          ),
        ) as string;
        const rename = (graph: GraphProto) => {
          for (const node of graph.node) {
            node.input = node.input.map((name) => (name === captured ? 'renamed_capture' : name));
            node.output = node.output.map((name) => (name === captured ? 'renamed_capture' : name));
            for (const { g } of node.attribute) if (g) rename(g);
          }
          for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) {
            if (info.name === captured) info.name = 'renamed_capture';
          }
        };
        rename(proto.graph);
      },
    ));

  it('nodes of local functions', () =>
    expectSameAs(
      FUNCTIONS,
      ({ functions }) => {
        const [node] = functions[1]?.nodes ?? [];
        (node as { docString: string }).docString = 'changed';
        functions[1]?.opsetImports.set('', 21);
      },
      (proto) => {
        const [, fn] = proto.functions;
        (fn?.node[0] as NodeProto).docString = 'changed';
        Object.assign(fn?.opsetImport.find(({ domain }) => !domain) ?? {}, { version: 21 });
      },
    ));

  it('declared shapes', () =>
    expectSameAs(
      CONFORMER,
      ({ graph }) => {
        const [input] = graph.inputs;
        input?.setDeclared({ kind: 'tensor', elemType: 1, shape: [1, 'T', 80] });
      },
      (proto) => {
        const dim = [{ dimValue: 1 }, { dimParam: 'T' }, { dimValue: 80 }];
        Object.assign(proto.graph.input[0] ?? {}, { type: { tensorType: { elemType: 1, shape: { dim } } } });
      },
    ));

  it('types of every kind', async () => {
    const types = [
      { kind: 'sequence', elemType: { kind: 'tensor', elemType: 7, shape: [] } },
      { kind: 'optional', elemType: { kind: 'sequence', elemType: { kind: 'tensor', elemType: 1 } } },
      { kind: 'map', keyType: 7, valueType: { kind: 'tensor', elemType: 1 }, denotation: 'D' },
      { kind: 'sparse', elemType: 1, shape: ['N', -1] },
      { kind: 'opaque', domain: 'd', name: 'n', denotation: 'x' },
      { kind: 'tensor', elemType: 16, shape: ['', 2], dimDenotations: ['DATA_BATCH', undefined], denotation: 'IMAGE' },
    ] as const;
    const model = await emptyModel();
    types.forEach((type, i) => {
      model.graph.addInput(`x${i}`).setDeclared(type);
    });
    const written = await serialize(model);
    const again = await load(written);
    expect(again.graph.inputs.map(({ declared }) => declared)).toEqual(types);
    expect(Buffer.compare(encodeModelProto(decodeModelProto(written)), written)).toBe(0);
  });
});

describe('edits that would break the model are refused', () => {
  it('taken names, foreign values, used values', async () => {
    const model = await load(fixture(CONFORMER));
    const { graph } = model;
    const [input] = graph.inputs;
    const [node] = graph.nodes;
    const [weight] = graph.initializers;
    const refuse = (act: () => unknown, sentence: RegExp) => {
      expect(act).toThrow(ModelError);
      expect(act).toThrow(sentence);
    };
    const taken = node?.outputs[0]?.name ?? '';
    refuse(() => graph.addInput(taken, 1, []), /is taken/);
    refuse(() => graph.addNode({ opType: 'X', inputs: [], outputs: [taken] }), /is taken/);
    refuse(() => graph.addNode({ opType: 'X', inputs: [], outputs: ['a', 'a'] }), /given twice/);
    refuse(() => Object.assign(input ?? {}, { name: taken }), /is taken/);
    refuse(() => Object.assign(input ?? {}, { name: '' }), /needs a name/);
    refuse(() => graph.removeNode(node as NonNullable<typeof node>), /still read by/);
    refuse(() => graph.removeInput(input as NonNullable<typeof input>), /still read by/);
    refuse(() => graph.removeInitializer(weight as NonNullable<typeof weight>), /still read by/);
    refuse(() => graph.removeInput(weight as NonNullable<typeof weight>), /not an input/);
    refuse(() => graph.removeOutput(input as NonNullable<typeof input>), /not an output/);
    refuse(() => graph.setOutput(9, input as NonNullable<typeof input>), /no output 9/);
    const other = (await emptyModel()).graph.addInput('elsewhere', 1, []);
    refuse(() => node?.setInput(0, other), /cannot see/);
    refuse(() => node?.setInput(-1, undefined), /no input -1/);
    const [last] = graph.outputs;
    refuse(() => graph.removeNode(last?.producer as NonNullable<typeof node>), /still (an output|read)/);
    checkLinks(model);
    expect(model.isModified).toBe(false);
  });

  it('values that are gone', async () => {
    const { graph } = await emptyModel();
    const x = graph.addInput('x', 1, []);
    const node = graph.addNode({ opType: 'Neg', inputs: [x] });
    const [y] = node.outputs;
    graph.removeNode(node);
    expect(() => graph.addNode({ opType: 'Neg', inputs: [y] })).toThrow('was removed');
    expect(() => graph.addNode({ opType: 'Neg', inputs: [x] }, { before: node })).toThrow('is not in graph');
    expect(() => graph.removeNode(node)).toThrow('is not in graph');
    expect(graph.value(y?.name ?? '')).toBeUndefined();
  });

  it('names that a subgraph would hide', async () => {
    const { graph } = await emptyModel();
    const x = graph.addInput('x', 1, []);
    const body = graph.createSubgraph('body');
    body.addInput('inner', 1, []);
    expect(() => Object.assign(x, { name: 'inner' })).toThrow('taken by a value of graph body');
    expect(() => body.addInput('x', 1, [])).toThrow('taken by a value of graph g');
  });
});
