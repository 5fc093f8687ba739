/**
 * Tables of positions that are built anew in every run become fixed ones, on request.
 *
 * Before: the branch of Python that extends a table was taken while tracing, or scripted.
 *
 *     Shape ── Range ── Mul ── Sin, Cos ── ScatterND ... (300 nodes) ── Slice ── MatMul
 *     Shape ── LessOrEqual 64 ── If (Slice of a stored table; else Range, Mul, Sin ...) ── Add
 *
 * After: the table for the longest length, computed as the model computes it, and the part that the live length needs.
 *
 *     Constant [1, 9999, D] ── Slice [5000 - T : 4999 + T] ── MatMul
 */
import { DimSources } from '../analysis/dim-sources.js';
import { inferPlain } from '../analysis/infer-plain.js';
import { SizeDriven } from '../analysis/size-driven.js';
import { type FixedTable, fixedTable } from '../analysis/table-at-run-time.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { emitSinusoid } from '../rewrite/generators/sinusoid.js';
import { Sizes } from '../rewrite/size.js';
import { isFloat } from '../tensor/dtype.js';
import type { Edit } from './pass.js';
import type { RepairOptions } from './repair-session.js';
import { nodeName } from './report-text.js';

/** What makes a table of positions, or chooses one. */
const MAKERS = ['Cos', 'If', 'Sin'];

/** What no longer is a table of positions. */
const MIXERS = ['Conv', 'Einsum', 'Gemm', 'MatMul'];

/** Replaces each table that the model computes from its sizes by a constant that serves `maxLength` positions. */
export function foldTables(model: Model, maxLength: number, { inputShapes }: RepairOptions): Edit[] {
  const inference = inferPlain(model, inputShapes);
  const driven = new SizeDriven(inference);
  const isComputed = (value: Value) => (driven.symbols(value)?.size ?? 0) > 0;
  const emitter = new Emitter();
  const sources = new DimSources(inference);
  // Sizes are read from data, not from the tables that are to go.
  const sizes = new Sizes(emitter, (size, anchor) => {
    for (const source of sources.of(size, anchor)) {
      if (!isComputed(source.value) && emitter.isAvailable(source.value, anchor)) return source;
    }
    return undefined;
  });
  const edits: Edit[] = [];
  for (const value of candidates(model, isComputed)) {
    const node = value.producer;
    const facts = inference.facts(value);
    if (node === undefined || !value.isRead || value.isGraphOutput) continue;
    if (facts?.kind !== 'tensor' || facts.dtype === undefined || !isFloat(facts.dtype)) continue;
    const table = fixedTable(value, driven, facts.shape, maxLength);
    if (table === undefined || !sizes.canCompute(table.size, node)) continue;
    edits.push(replace(value, node, table, emitter, sizes));
  }
  return edits;
}

/** What follows from sines, cosines and branches over sizes, the last first: the whole table rather than parts of it. */
function candidates({ graph }: Model, isComputed: (value: Value) => boolean): Value[] {
  const reached = new Set<Value>();
  for (const node of graph.topologicalOrder()) {
    if (node.domain !== '' || MIXERS.includes(node.opType)) continue;
    if (!MAKERS.includes(node.opType) && !node.inputs.some((input) => input && reached.has(input))) continue;
    for (const output of node.outputs) if (output && isComputed(output)) reached.add(output);
  }
  return [...reached].reverse();
}

function replace(value: Value, node: Node, table: FixedTable, emitter: Emitter, sizes: Sizes): Edit {
  const { tensor, generator, shape, size } = table;
  const rows = tensor.shape[generator.axis] as number;
  // The table has as many rows as it needs: none is to be added.
  const replacement = emitSinusoid(generator, { emitter, sizes, anchor: node, tensor, shape, maxLength: 0 });
  for (const use of [...value.uses]) use.node.setInput(use.index, replacement);
  const removed = removeDead([value]);
  return {
    what: `table of ${rows} positions`,
    where: `output of ${nodeName(node)}`,
    before: `${value.name}: computed in every run, by ${removed} nodes`,
    after: `${replacement.name}: constant of ${rows} rows, cut to ${size}`,
  };
}
