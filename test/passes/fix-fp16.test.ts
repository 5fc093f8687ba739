import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RepairCosts } from '../../src/analysis/types/repair-costs.js';
import { type TypeFlow, typeFlow } from '../../src/analysis/types/type-flow.js';
import { buildTypeGraph, type TypeGraph } from '../../src/analysis/types/type-graph.js';
import type { TypeVariable } from '../../src/analysis/types/type-variable.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { ValueInfo } from '../../src/model/value-info.js';
import { loadKernels } from '../../src/ops/kernels.js';
import { loadSchemas } from '../../src/ops/schema.js';
import { fixFp16 } from '../../src/passes/fix-fp16.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, output, runPass } from './harness.js';

const { FLOAT, FLOAT16, BFLOAT16, INT32, INT64, BOOL } = DataType;
const floats = (dtype: number, ...data: number[]) => ({ dtype, shape: [data.length], data: Float32Array.from(data) });
const scalar = (dtype: number, number: number) => ({ dtype, shape: [], data: Float32Array.of(number) });
const longs = (...data: number[]) => ({ dtype: INT64, shape: [data.length], data: BigInt64Array.from(data, BigInt) });
const ints = (...data: number[]) => ({ dtype: INT32, shape: [data.length], data: Int32Array.from(data) });

/** A weight of more than one axis, which is not widened lightly. */
const weight = (dtype: number) => ({ dtype, shape: [4, 4], data: new Float32Array(16).fill(0.5) });

async function fixed(model: Model, options = {}) {
  const report = await runPass(fixFp16(options), model);
  return { report, edits: report.edits.map(({ what, before, after }) => `${what}: ${before} -> ${after}`) };
}

describe('fixFp16', () => {
  it('sets a stale Cast', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, ['T', 4]);
    const shape = model.graph.addNode({ opType: 'Shape', inputs: [x] }).outputs[0] as Value;
    const size = model.graph.addNode({ opType: 'ReduceProd', inputs: [shape] }).outputs[0] as Value;
    const cast = model.graph.addNode({ opType: 'Cast', inputs: [size], attributes: { to: { int: FLOAT } } });
    output(model, 'Mul', [x, cast.outputs[0] as Value], FLOAT16);
    const { report, edits } = await fixed(model);
    expect(edits).toEqual(['to of Cast: float -> float16']);
    expect(report.findings.map(({ code }) => code)).toContain('mixed-types');
    expect(report.unresolved).toEqual([]);
    expect((await fixed(model)).report).toMatchObject({ changed: false, findings: [] });
  });

  it('corrects everything that is declared of a value: optimisers append to what they find', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, ['T', 4]);
    const cast = model.graph.addNode({ opType: 'Cast', inputs: [x], attributes: { to: { int: FLOAT } } });
    const half = cast.outputs[0] as Value;
    const type = (elemType: number) => ({ kind: 'tensor', elemType, shape: ['T', 4] }) as const;
    model.graph.setValueInfo(half, type(FLOAT16));
    const again = ValueInfo._make(model.graph, half.name, type(FLOAT));
    model.graph._valueInfos.add(again);
    half._declare(again);
    output(model, 'Mul', [x, half], FLOAT16);
    const { edits } = await fixed(model);
    expect(edits).toEqual(['to of Cast: float -> float16', 'declared type: float -> float16']);
    expect(half.declarations).toEqual([type(FLOAT16), type(FLOAT16)]);
    expect((await fixed(model)).report).toMatchObject({ changed: false, findings: [] });
  });

  it('keeps what was raised to float for the sake of precision, with the numbers in it', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, ['T', 4]);
    const two = model.graph.addInitializer('two', scalar(FLOAT16, 2));
    const up = model.graph.addNode({ opType: 'Cast', inputs: [x], attributes: { to: { int: FLOAT } } });
    const square = model.graph.addNode({ opType: 'Pow', inputs: [up.outputs[0], two] }).outputs[0] as Value;
    const mean = model.graph.addNode({ opType: 'ReduceMean', inputs: [square] }).outputs[0] as Value;
    const root = model.graph.addNode({ opType: 'Sqrt', inputs: [mean] }).outputs[0] as Value;
    output(model, 'Div', [x, root], FLOAT16);
    const { edits } = await fixed(model);
    expect(edits).toEqual(['Cast: float -> float16']);
    expect(up.attributes.get('to')?.asInt()).toBe(FLOAT);
  });

  it('copies a constant that both precisions read', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T', 4]);
    const y = model.graph.addInput('y', FLOAT16, ['T', 4]);
    const w = model.graph.addInitializer('w', floats(FLOAT, 1, 2, 3, 4));
    output(model, 'Mul', [x, w], FLOAT);
    output(model, 'Mul', [y, w], FLOAT16);
    const { edits } = await fixed(model);
    expect(edits).toEqual([expect.stringContaining('copy of constant: float -> float16')]);
    expect(model.graph.initializers.map(({ initializer }) => initializer?.dataType)).toEqual([FLOAT, FLOAT16]);
  });

  it('casts once for all who read a value, also inside branches', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T', 4]);
    const flag = model.graph.addInput('flag', BOOL, []);
    const w = model.graph.addInitializer('w', weight(FLOAT16));
    const branches = ['then', 'else'].map((name) => {
      const graph = model.graph.createSubgraph(name);
      const node = graph.addNode({ opType: 'MatMul', inputs: [x, w] });
      graph.setValueInfo(node.outputs[0] as Value, { kind: 'tensor', elemType: FLOAT });
      graph.addOutput(node.outputs[0] as Value);
      return graph;
    });
    const [yes, no] = branches.map((graph) => ({ graph })) as [{ graph: never }, { graph: never }];
    const node = model.graph.addNode({
      opType: 'If',
      inputs: [flag],
      attributes: { then_branch: yes, else_branch: no },
    });
    model.graph.setValueInfo(node.outputs[0] as Value, { kind: 'tensor', elemType: FLOAT16 });
    model.graph.addOutput(node.outputs[0] as Value);
    const { report, edits } = await fixed(model);
    expect(edits).toEqual([
      'Cast: float -> float16',
      'declared type: float -> float16',
      'declared type: float -> float16',
    ]);
    expect(report.unresolved).toEqual([]);
    expect(operators(model)).toEqual({ Cast: 1, If: 1 });
  });

  it('changes what a loop carries inside and outside of it', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T']);
    const count = model.graph.addInitializer('count', { dtype: INT64, shape: [], data: BigInt64Array.of(3n) });
    const half = model.graph.addNode({ opType: 'Cast', inputs: [x], attributes: { to: { int: FLOAT16 } } });
    const body = model.graph.createSubgraph('body');
    body.addInput('i', INT64, []);
    const going = body.addInput('going', BOOL, []);
    const state = body.addInput('state', FLOAT, ['T']);
    const on = body.addNode({ opType: 'Identity', inputs: [going] }).outputs[0] as Value;
    const more = body.addNode({ opType: 'Mul', inputs: [state, half.outputs[0]] }).outputs[0] as Value;
    body.addOutput(on);
    body.addOutput(more);
    const loop = model.graph.addNode({
      opType: 'Loop',
      inputs: [count, undefined, half.outputs[0]],
      attributes: { body: { graph: body } },
    });
    model.graph.setValueInfo(loop.outputs[0] as Value, { kind: 'tensor', elemType: FLOAT16 });
    model.graph.addOutput(loop.outputs[0] as Value);
    const { edits, report } = await fixed(model);
    expect(edits).toEqual(['declared type: float -> float16']);
    expect(report.unresolved).toEqual([]);
    expect(state.declared).toMatchObject({ elemType: FLOAT16 });
  });

  it('keeps a mask finite, and an epsilon different from zero', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, ['T', 4]);
    const mask = model.graph.addInput('mask', BOOL, ['T', 4]);
    const low = model.graph.addInitializer('low', scalar(FLOAT, -1e9));
    const tiny = model.graph.addInitializer('tiny', scalar(FLOAT, 1e-12));
    const where = model.graph.addNode({ opType: 'Where', inputs: [mask, low, x] });
    const soft = model.graph.addNode({ opType: 'Softmax', inputs: [where.outputs[0]] });
    output(model, 'Add', [soft.outputs[0] as Value, tiny], FLOAT16);
    const { report } = await fixed(model);
    expect(report.findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['clamped-mask-fill', 'constant-underflow']),
    );
    expect([...(low.initializer?.dense().data ?? [])]).toEqual([-65504]);
    expect([...(tiny.initializer?.dense().data ?? [])]).toEqual([2 ** -24]);
  });

  it('keeps scales of Resize in float', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, [1, 1, 'T']);
    const scales = model.graph.addInitializer('scales', floats(FLOAT16, 1, 1, 2));
    const node = model.graph.addNode({ opType: 'Resize', inputs: [x, undefined, scales] });
    model.graph.setValueInfo(node.outputs[0] as Value, { kind: 'tensor', elemType: FLOAT16 });
    model.graph.addOutput(node.outputs[0] as Value);
    expect((await fixed(model)).edits).toEqual(['constant: float16 -> float']);
  });

  it('makes indices agree: "to the end" stays the end', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T', 4]);
    const start = model.graph.addInput('start', INT32, [1]);
    const end = model.graph.addInitializer('end', longs(Number.MAX_SAFE_INTEGER));
    output(model, 'Slice', [x, start, end]);
    expect((await fixed(model)).edits).toEqual(['constant: int64 -> int32']);
    expect([...(end.initializer?.dense().data ?? [])]).toEqual([2 ** 31 - 1]);
  });

  it('casts what is computed: int32 and int64, bools and numbers', async () => {
    const model = await emptyModel();
    const a = model.graph.addInput('a', INT32, ['T']);
    const b = model.graph.addInput('b', INT64, ['T']);
    const flag = model.graph.addInput('flag', BOOL, ['T']);
    const x = model.graph.addInput('x', FLOAT, ['T']);
    output(model, 'Add', [a, b], INT64);
    output(model, 'Mul', [flag, x], FLOAT);
    const { edits } = await fixed(model);
    expect(edits).toEqual(['Cast: int32 -> int64', 'Cast: bool -> float']);
  });

  it('refuses to add bools', async () => {
    const model = await emptyModel();
    const a = model.graph.addInput('a', BOOL, ['T']);
    const b = model.graph.addInput('b', BOOL, ['T']);
    output(model, 'Add', [a, b], FLOAT);
    const { report } = await fixed(model);
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved[0]?.message).toContain('may mean "or" or a count');
  });

  it("makes PyTorch's sums of bools what they are, before what reads them", async () => {
    const model = await emptyModel();
    model.producerName = 'pytorch';
    const [a, b, c] = ['a', 'b', 'c'].map((name) => model.graph.addInput(name, BOOL, ['T'])) as [Value, Value, Value];
    const sum = (inputs: Value[]) => model.graph.addNode({ opType: 'Add', inputs }).outputs[0] as Value;
    const x = model.graph.addInput('x', FLOAT, ['T']);
    output(model, 'Mul', [sum([sum([a, b]), c]), x], FLOAT);
    const { report, edits } = await fixed(model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    expect(edits.slice(0, 2)).toEqual([
      "sum of bools: Add -> Or, as PyTorch's sum of bools is a bool",
      "sum of bools: Add -> Or, as PyTorch's sum of bools is a bool",
    ]);
    expect(edits.slice(2)).toEqual(['Cast: bool -> float']);
  });

  it('sees that something is missing where a bool and its negation are added', async () => {
    const model = await emptyModel();
    model.producerName = 'pytorch';
    const reset = model.graph.addInput('reset', BOOL, ['T']);
    const kept = model.graph.addNode({ opType: 'Not', inputs: [reset] }).outputs[0] as Value;
    output(model, 'Add', [reset, kept], BOOL);
    const { report } = await fixed(model);
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved[0]?.message).toContain('it is not in the file');
  });

  it('runs in float what has no kernel', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, ['T']);
    const noise = model.graph.addNode({
      opType: 'RandomNormalLike',
      inputs: [x],
      attributes: { dtype: { int: FLOAT16 } },
    });
    output(model, 'Add', [x, noise.outputs[0] as Value], FLOAT16);
    expect((await fixed(model)).edits).toEqual([
      'dtype of RandomNormalLike: float16 -> float',
      'Cast: float -> float16',
    ]);
  });

  it('leaves healthy mixtures and bfloat16 alone', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT16, ['T']);
    const y = model.graph.addInput('y', BFLOAT16, ['T']);
    const up = model.graph.addNode({ opType: 'Cast', inputs: [x], attributes: { to: { int: FLOAT } } });
    const exp = model.graph.addNode({ opType: 'Exp', inputs: [up.outputs[0]] });
    const down = model.graph.addNode({ opType: 'Cast', inputs: exp.outputs, attributes: { to: { int: FLOAT16 } } });
    output(model, 'Mul', [x, down.outputs[0] as Value], FLOAT16);
    output(model, 'Exp', [y], BFLOAT16);
    expect((await fixed(model)).report).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it('changes the types of inputs and outputs on request, and the IR version', async () => {
    const model = await emptyModel({ irVersion: 13 });
    const x = model.graph.addInput('x', FLOAT, ['T', 4]);
    const w = model.graph.addInitializer('w', weight(FLOAT));
    const y = output(model, 'MatMul', [x, w]);
    const { edits } = await fixed(model, { io: 'float16', irVersion: 9 });
    expect(edits).toContain('IR version: 13 -> 9');
    expect(model.irVersion).toBe(9);
    expect(x.declared).toMatchObject({ elemType: FLOAT16 });
    expect(model.graph.outputs[0]).toMatchObject({ name: y.name, declared: { elemType: FLOAT16 } });
    expect((await fixed(model)).report.findings).toEqual([]);
  });

  it('gives the second of two nodes of one name another', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T']);
    const first = model.graph.addNode({ opType: 'Relu', inputs: [x], name: 'cast' });
    const second = model.graph.addNode({ opType: 'Neg', inputs: first.outputs, name: 'cast' });
    model.graph.addOutput(second.outputs[0] as Value);
    expect((await fixed(model)).edits).toEqual([`name: cast -> ${second.name}`]);
    expect(second.name).not.toBe('cast');
  });

  it('leaves two casts alone that share nothing', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T']);
    const half = { to: { int: FLOAT16 } };
    for (const name of ['first', 'second']) {
      const cast = model.graph.addNode({ opType: 'Cast', inputs: [x], attributes: half, name });
      model.graph.setValueInfo(cast.outputs[0] as Value, { kind: 'tensor', elemType: FLOAT16 });
      model.graph.addOutput(cast.outputs[0] as Value);
    }
    expect((await fixed(model)).report).toMatchObject({ changed: false, edits: [] });
  });

  it('casts integers of the position, not what is computed from them', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T', 4]);
    const index = model.graph.addInitializer('index', floats(FLOAT, 1));
    output(model, 'Gather', [x, index]);
    const { edits } = await fixed(model);
    expect(edits).toEqual([expect.stringMatching(/^constant: float -> int(32|64)$/)]);
    expect(ints(1).data[0]).toBe(Number(index.initializer?.dense().data[0]));
  });
});

describe('fewest casts', () => {
  const root = join(import.meta.dirname, '../../fixtures');
  const names = readdirSync(root).filter((name) => existsSync(join(root, name, 'model.onnx')));

  it.each(names.filter((name) => /^(fp16|resnet34)_/.test(name)))('%s', async (name) => {
    const path = join(root, name, 'model.onnx');
    const model = await load(path);
    const [schemas, kernels] = await Promise.all([loadSchemas(), loadKernels()]);
    const types = buildTypeGraph(model, { schemas, kernels });
    const flow = typeFlow(types);
    const keep = hardRules(types, flow);
    const edited = await load(path);
    const { edits } = await runPass(fixFp16(), edited);
    const casts = edits.filter(({ what }) => what === 'Cast').length;
    for (let size = 0; size < casts; size++) expect(isPossible(types, keep, size)).toBe(false);
    expect(isPossible(types, keep, Math.max(casts, 2))).toBe(true);
  });
});

/** What a repair must not touch: islands of float. */
function hardRules(types: TypeGraph, flow: TypeFlow): Map<TypeVariable, number> {
  const costs = new RepairCosts(types, flow);
  const keep = new Map<TypeVariable, number>();
  for (const variable of types.variables) {
    if (variable.setting === undefined && costs.variable(variable, FLOAT16) > 1000) keep.set(variable, FLOAT);
  }
  return keep;
}

/** Is there a repair that casts this many values? Tries every set of them; all that is read uncast has to be one type. */
function isPossible(types: TypeGraph, keep: ReadonlyMap<TypeVariable, number>, size: number): boolean {
  const values = [...types.readsOf.keys()].filter((value) => types.variableOf.has(value) || isWeight(types, value));
  const choose = (from: number, chosen: readonly Value[]): boolean => {
    if (chosen.length === size) return isConsistent(types, keep, new Set(chosen));
    for (let i = from; i < values.length; i++) if (choose(i + 1, [...chosen, values[i] as Value])) return true;
    return false;
  };
  return choose(0, []);
}

function isWeight(types: TypeGraph, value: Value): boolean {
  const source = types.constants.get(value);
  return source !== undefined && source.count > 1 && !source.isList;
}

function isConsistent(types: TypeGraph, keep: ReadonlyMap<TypeVariable, number>, cast: ReadonlySet<Value>): boolean {
  const leader = new Map<TypeVariable, TypeVariable>();
  const find = (variable: TypeVariable): TypeVariable => {
    const next = leader.get(variable.root);
    return next === undefined ? variable.root : find(next);
  };
  const join = (a: TypeVariable, b: TypeVariable) => {
    if (find(a) !== find(b)) leader.set(find(a), find(b));
  };
  const demanded: [TypeVariable, (type: number) => boolean][] = [];
  for (const variable of types.variables) {
    const kept = keep.get(variable);
    const allows = (type: number) =>
      variable.allows(type) && !variable.unsupported.has(type) && (kept ?? type) === type;
    demanded.push([variable, allows]);
  }
  for (const [value, reads] of types.readsOf) {
    if (cast.has(value)) continue;
    const maker = types.variableOf.get(value);
    for (const { variable } of reads) {
      if (types.constants.has(value)) {
        if (isWeight(types, value))
          demanded.push([variable.root, (type) => type === types.constants.get(value)?.dtype]);
      } else if (maker !== undefined) join(maker, variable);
    }
  }
  const possible = new Map<TypeVariable, number[]>();
  for (const [variable, allows] of demanded) {
    const group = find(variable);
    const left = (possible.get(group) ?? [FLOAT, FLOAT16, INT64, INT32, BOOL]).filter(allows);
    possible.set(group, left);
  }
  return [...possible.values()].every((left) => left.length > 0);
}
