import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { ModelError } from '../../src/model/model-error.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { DataType } from '../../src/tensor/dtype.js';
import { checkLinks, outline } from '../support/check-links.js';
import { fixture } from '../support/fixture-models.js';
import { FakeFile } from '../support/sources.js';

/** Models with all that can be in one: subgraphs, functions, captures, sparse constants, external data, metadata. */
const MODELS = [
  'if_in_loop_scripted',
  'functions_modules_as_functions',
  'sparse_initializer',
  'typed_fields_metadata',
  'causal_1e4_mul_add',
].map((name) => readFileSync(fixture(`${name}/model.onnx`)));

/** An edit, chosen by two numbers; it may be refused. */
const EDITS: readonly ((model: Model, a: number, b: number) => void)[] = [
  (model, a, b) => {
    pick(nodes(model), a).name = `node ${b}`;
  },
  (model, a, b) => {
    pick(values(model), a).name = `value ${b % 7}`;
  },
  (model, a, b) => {
    const node = pick(nodes(model), a);
    node.setInput(b % 4, b % 5 === 0 ? undefined : pick(values(model), b));
  },
  (model, a, b) => {
    pick(nodes(model), a).insertInput(0, pick(values(model), b));
  },
  (model, a) => {
    pick(nodes(model), a).removeInput(0);
  },
  (model, a, b) => {
    const node = pick(nodes(model), a);
    node.graph.addNode({ opType: 'New', inputs: [pick(values(model), b), undefined], outputs: 2 }, { before: node });
  },
  (model, a, b) => {
    const { graph } = pick(nodes(model), a);
    const tensor = { dtype: DataType.INT8, shape: [2000], data: new Int8Array(2000).fill(b) };
    if (graph.isFunctionBody) graph.addInput(graph.freshName('in'));
    else graph.addInitializer(graph.freshName('w'), tensor);
  },
  (model, a) => {
    const node = pick(nodes(model), a);
    for (const output of node.outputs) {
      const [input] = node.inputs;
      if (output && input) output.replaceAllUsesWith(input, { except: [node] });
    }
    node.graph.removeNode(node);
  },
  (model, a, b) => {
    pick(values(model), a).replaceAllUsesWith(pick(values(model), b));
  },
  (model, a, b) => {
    const node = pick(nodes(model), a);
    node.attributes.set(`attribute ${b % 3}`, b % 2 ? { int: b } : { floats: [b, 0.5] });
    if (b % 11 === 0) for (const { name } of [...node.attributes]) node.attributes.delete(name);
  },
  (model, a, b) => {
    const value = pick(values(model), a);
    value.setDeclared({ kind: 'tensor', elemType: 1, shape: [b, 'N'] });
    if (b % 3 === 0) value.graph.dropValueInfo(value);
  },
  (model, a) => {
    const { graph } = pick(nodes(model), a);
    const { outputs } = graph;
    if (a % 2 && outputs.length > 0) graph.removeOutput(pick(outputs, a));
    else graph.addOutput(pick(values(model), a));
  },
  (model, a, b) => {
    model.metadata.set(`key ${a % 3}`, String(b));
    pick(nodes(model), a).metadata.set('key', String(b));
  },
];

function nodes(model: Model) {
  return [...model.graphs()].flatMap((graph) => graph.nodes);
}

function values(model: Model): Value[] {
  const all = new Set<Value>();
  for (const graph of model.graphs()) {
    for (const value of [...graph.inputs, ...graph.initializers]) all.add(value);
    for (const node of graph.nodes) for (const value of node.outputs) if (value) all.add(value);
  }
  return [...all];
}

/** One of a list; a list without entries refuses the edit. */
function pick<T>(list: readonly T[], choice: number): T {
  const chosen = list[choice % Math.max(list.length, 1)];
  if (chosen === undefined) throw new ModelError('nothing to choose from');
  return chosen;
}

describe('any edits', () => {
  it('leave links true, and a file that reads back as the same model', async () => {
    const number = fc.nat({ max: 10_000 });
    const edit = fc.tuple(fc.nat({ max: EDITS.length - 1 }), number, number);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: MODELS.length - 1 }), fc.array(edit, { maxLength: 25 }), async (which, edits) => {
        const model = await load(new FakeFile(MODELS[which] as Uint8Array));
        for (const [kind, a, b] of edits) {
          try {
            EDITS[kind]?.(model, a, b);
          } catch (error) {
            if (!(error instanceof ModelError)) throw error;
          }
        }
        checkLinks(model);
        const written = await serialize(model);
        const again = await load(written);
        checkLinks(again);
        expect([...again.graphs()].map(outline)).toEqual([...model.graphs()].map(outline));
        expect([...again.metadata]).toEqual([...model.metadata]);
        expect(Buffer.compare(await serialize(again), written)).toBe(0);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
