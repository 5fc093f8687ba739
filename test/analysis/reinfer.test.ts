import { describe, expect, it } from 'vitest';
import { Cells } from '../../src/analysis/cells.js';
import { type Inference, infer } from '../../src/analysis/infer.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import type { Facts } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { fixtureModels } from '../support/fixture-models.js';

/** All that an inference says, with data-dependent sizes under names that do not count up. */
function saidBy(inference: Inference, model: Model): string[] {
  const scalar = (part: unknown) =>
    part instanceof Dim ? `${part} from ${part.origin ?? [...part.cells]}` : `${part}`;
  const text = (facts: Facts | undefined) => {
    if (facts?.kind !== 'tensor') return facts?.kind;
    return [facts.dtype, facts.shape?.map(scalar), facts.content?.map(scalar), facts.fill && scalar(facts.fill)].join();
  };
  const said = model.graph
    .topologicalOrder()
    .flatMap((node) => [
      ...node.outputs.map((output) => `${output?.name}: ${output && text(inference.seen(output))}`),
      ...inference.reasons(node),
    ]);
  for (const { node, what, left, right } of [...inference.conflicts, ...inference.demands]) {
    said.push(`${node.outputs[0]?.name}: ${what}: ${left} ${right}`);
  }
  return said.map((line) => line.replaceAll(/\?(\p{L}*)_\d+/gu, '?$1'));
}

/** The cells that have a say in live values. */
function cellsOf(inference: Inference, model: Model): string[] {
  const ids = model.graph.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((output) => (output && inference.shape(output)) ?? []).flatMap((dim) => [...(dim?.cells ?? [])]),
  );
  return [...new Set(ids)];
}

describe('infer with a previous inference', () => {
  it.each(fixtureModels())('says the same as one from the start: %s', async (path) => {
    const model = await load(path);
    const cells = new Cells();
    let inference = infer(model, { cells });
    const ids = cellsOf(inference, model);
    const step = Math.max(1, Math.floor(ids.length / 3));
    for (let i = 0; i < ids.length; i += step) {
      cells.assign(ids[i] as string, Dim.symbol('n').add(i));
      inference = infer(model, { cells, previous: inference });
      expect(saidBy(inference, model)).toEqual(saidBy(infer(model, { cells }), model));
    }
    const live = model.graph.nodes.flatMap(({ outputs }) =>
      outputs.filter((output) => output && inference.shape(output)?.length),
    );
    const assumed = new Map(live.slice(0, 1).map((value) => [value as Value, new Map([[0, Dim.symbol('m')]])]));
    const then = infer(model, { cells, previous: inference, assumed });
    expect(saidBy(then, model)).toEqual(saidBy(infer(model, { cells, assumed }), model));
    inference = infer(model, { cells, previous: then });
    expect(saidBy(inference, model)).toEqual(saidBy(infer(model, { cells }), model));
    cells.unassign(ids[0] ?? '');
    const back = infer(model, { cells, previous: inference });
    expect(saidBy(back, model)).toEqual(saidBy(infer(model, { cells }), model));
  });

  it('leaves what nothing changed for as it is', async () => {
    const model = await emptyModel();
    const int = (name: string, value: number) =>
      model.graph.addInitializer(name, { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(BigInt(value)) });
    const expand = (name: string, value: number) => {
      const inputs = [model.graph.addInput(name, DataType.FLOAT, [1]), int(`${name}_size`, value)];
      return model.graph.addNode({ opType: 'Expand', inputs }).outputs[0] as Value;
    };
    const [left, right] = [expand('left', 5), expand('right', 6)];
    const cells = new Cells();
    const before = infer(model, { cells });
    const [id] = [...(before.shape(left)?.[0]?.cells ?? [])];
    cells.assign(id as string, Dim.symbol('T'));
    const after = infer(model, { cells, previous: before });
    expect([String(before.shape(left)), String(after.shape(left))]).toEqual(['5', 'T']);
    expect(after.facts(right)).toBe(before.facts(right));
    expect(after.facts(left)).not.toBe(before.facts(left));
  });
});
