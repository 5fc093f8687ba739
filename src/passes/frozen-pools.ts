import type { FrozenPool } from '../analysis/frozen-pools.js';
import type { Inference } from '../analysis/infer.js';
import type { Node } from '../model/node.js';
import { opsetOf } from '../rewrite/size.js';
import type { Edit } from './pass.js';
import type { SelfRepair, Session } from './repair-session.js';
import { nodeName } from './report-text.js';

/** The operators that take the place of a pooling: over all spatial axes, or over some. */
const REPLACEMENTS: Readonly<Record<string, readonly [all: string, some: string]>> = {
  AveragePool: ['GlobalAveragePool', 'ReduceMean'],
  MaxPool: ['GlobalMaxPool', 'ReduceMax'],
};

/** ReduceMean and ReduceMax take their axes as an input from this opset on. */
const AXES_INPUT_SINCE = 18;

/** What is to be done about windows of poolings that were the size of an axis. */
export function repairPools(pools: readonly FrozenPool[], session: Session): SelfRepair[] {
  return pools.map((pool) => {
    const { node, axes, evidence } = pool;
    session.findings.push({
      code: 'baked-size',
      message: `${nodeName(node)}: ${windowText(pool, session.diagnosis.inference)}`,
      node: nodeName(node),
      evidence: evidence.map(({ node: other, what, left, right }) => {
        return `${nodeName(other)}: ${what}: ${left} and ${right} are equal where the window is all of axis ${[...axes.keys()].join(', ')}`;
      }),
    });
    return { reader: node, apply: () => apply(pool, session) };
  });
}

function windowText({ node, axes }: FrozenPool, inference: Inference): string {
  const [x] = node.inputs;
  const shape = x && inference.shape(x);
  return [...axes].map(([axis, window]) => `window of ${window} stands for ${shape?.[axis]}`).join(', ');
}

function apply(pool: FrozenPool, session: Session): Edit {
  const { node, axes } = pool;
  const what = windowText(pool, session.diagnosis.inference);
  const where = nodeName(node);
  const before = `kernel_shape ${ints(node, 'kernel_shape')}`;
  const [all, some] = REPLACEMENTS[node.opType] as readonly [string, string];
  const kernel = ints(node, 'kernel_shape');
  const others = kernel.flatMap((_, i) => (axes.has(i + 2) ? [] : [i]));
  if (others.length === 0) {
    node.opType = all;
    for (const { name } of [...node.attributes]) node.attributes.delete(name);
    return { what, where, before, after: all };
  }
  const [x] = node.inputs;
  const list = [...axes.keys()];
  const isInput = opsetOf(node) >= AXES_INPUT_SINCE;
  const { emitter } = session;
  const inputs = isInput ? [x, emitter.int64(list, 'axes', node)] : [x];
  const attributes = { keepdims: { int: 1 }, ...(isInput ? {} : { axes: { ints: list } }) };
  node.setInput(0, emitter.node({ opType: some, inputs, attributes, hint: 'pooled' }, node));
  for (const name of ['kernel_shape', 'strides']) {
    const own = ints(node, name);
    if (own.length > 0) node.attributes.set(name, { ints: own.map((n, i) => (axes.has(i + 2) ? 1 : n)) });
  }
  return { what, where, before, after: `${some}, then ${node.opType} over the other axes` };
}

function ints(node: Node, name: string): number[] {
  return node.attributes.get(name)?.asInts()?.map(Number) ?? [];
}
