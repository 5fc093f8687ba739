import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import { DataType } from '../../src/tensor/dtype.js';
import { operators } from '../passes/harness.js';
import { encodeModel, type NodeProto, type TensorProto, tensorProtoOf } from '../support/onnx-proto.js';
import { tempDir } from '../support/temp-dir.js';
import { cli } from './harness.js';

const { FLOAT, INT64 } = DataType;
const root = tempDir();
const integers = (...numbers: number[]) => ({
  dtype: INT64,
  shape: [numbers.length],
  data: BigInt64Array.from(numbers, BigInt),
});
const constant = (name: string, tensor: Parameters<typeof tensorProtoOf>[0]): NodeProto => {
  return { opType: 'Constant', output: [name], attribute: [{ name: 'value', type: 4, t: tensorProtoOf(tensor) }] };
};
const op = (opType: string, input: string[], output: string): NodeProto => ({ opType, input, output: [output] });

/** Writes y = Block(x), x [batch, time], or Block(x, table), x [batch, time, 8], where the function has these nodes. */
function write(name: string, nodes: readonly NodeProto[], table?: TensorProto): string {
  const sizes = [{ dimParam: 'batch' }, { dimParam: 'time' }];
  const type = { tensorType: { elemType: FLOAT, shape: { dim: [...sizes, ...(table ? [{ dimValue: 8 }] : [])] } } };
  const opsetImport = [
    { domain: '', version: 17 },
    { domain: 'own', version: 1 },
  ];
  const path = join(root, name);
  const graph = {
    name: 'g',
    input: [{ name: 'x', type }],
    output: [{ name: 'y', type }],
    initializer: table ? [table] : [],
    node: [{ opType: 'Block', domain: 'own', input: table ? ['x', 'table'] : ['x'], output: ['y'] }],
  };
  const block = {
    name: 'Block',
    domain: 'own',
    input: table ? ['x', 'table'] : ['x'],
    output: ['z'],
    opsetImport,
    node: nodes,
  };
  writeFileSync(path, encodeModel({ irVersion: 9, opsetImport, graph, functions: [block] }));
  return path;
}

async function fixed(input: string) {
  const output = `${input}.fixed`;
  const { status, out } = await cli('fix', '--no-verify', input, '-o', output);
  return { status, out, bytes: readFileSync(output), model: await load(output) };
}

describe('fix of a model with functions', () => {
  it('leaves a healthy one as it is, to the byte', async () => {
    const input = write('healthy.onnx', [op('Relu', ['x'], 'h'), op('Neg', ['h'], 'z')]);
    const { status, bytes } = await fixed(input);
    expect(status).toBe(0);
    expect(bytes).toEqual(readFileSync(input));
  });

  it('leaves learned tables alone that a function is given, even if nobody trained them', async () => {
    const zeros = { dtype: FLOAT, shape: [1, 12, 8], data: new Float32Array(96) };
    const input = write('table.onnx', [op('Add', ['x', 'table'], 'z')], tensorProtoOf(zeros, 'table'));
    const { status, bytes } = await fixed(input);
    expect(status).toBe(0);
    expect(bytes).toEqual(readFileSync(input));
  });

  it('repairs in the function what can be seen there', async () => {
    const zeros = { dtype: FLOAT, shape: [1, 20], data: new Float32Array(20) };
    const { status, model } = await fixed(write('bias.onnx', [constant('bias', zeros), op('Add', ['x', 'bias'], 'z')]));
    expect(status).toBe(0);
    expect(operators(model)).toEqual({ Block: 1 });
    const [bias] = model.functions[0]?.nodes ?? [];
    expect(bias?.attributes.get('value')?.asTensor()?.dims).toEqual([1, 1]);
  });

  it('puts the function in the place of its call for what can be seen only with the inputs: an unrolled batch', async () => {
    const row = (i: number): NodeProto[] => [
      constant(`i${i}`, { ...integers(i), shape: [] }),
      op('Gather', ['x', `i${i}`], `row${i}`),
      op('Softmax', [`row${i}`], `soft${i}`),
      op('Unsqueeze', [`soft${i}`, 'front'], `item${i}`),
    ];
    const join = { ...op('Concat', ['item0', 'item1', 'item2'], 'z'), attribute: [{ name: 'axis', type: 2, i: 0 }] };
    const nodes = [constant('front', integers(0)), ...row(0), ...row(1), ...row(2), join];
    const { status, out, model } = await fixed(write('unrolled.onnx', nodes));
    expect(status).toBe(0);
    expect(out).toContain('function Block at Block');
    expect(operators(model)).toEqual({ Softmax: 1 });
  });
});
