import { RuleContext } from '../../src/ops/context.js';
import { lookupOp } from '../../src/ops/registry.js';
import type { Facts } from '../../src/ops/types.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { factsOf } from '../ops/harness.js';
import { denseOf, type ModelProto, toNumber } from './onnx-proto.js';
import { ProtoAttributes } from './proto-attributes.js';

/** Can every node be evaluated? */
export function isClaimed(ops: readonly string[]): boolean {
  return ops.every((op) => {
    const [domain, name] = op.includes('::') ? (op.split('::') as [string, string]) : ['', op];
    return lookupOp(domain, name)?.evaluate !== undefined;
  });
}

/** Evaluates a graph without subgraphs, and infers every node from what is known of the one before. */
export function runGraph(
  model: ModelProto,
  inputs: readonly DenseTensor[],
): { outputs: DenseTensor[]; inferred: (Facts | undefined)[]; conflicts: string[] } {
  const graph = model.graph ?? {};
  const values = new Map<string, DenseTensor>();
  const facts = new Map<string, Facts>();
  const conflicts: string[] = [];
  const constants = new Set<string>();
  for (const initializer of graph.initializer ?? []) {
    constants.add(initializer.name ?? '');
    values.set(initializer.name ?? '', denseOf(initializer));
  }
  const free = (graph.input ?? []).filter(({ name }) => !constants.has(name ?? ''));
  free.forEach(({ name }, i) => {
    const value = inputs[i];
    if (value !== undefined) values.set(name ?? '', value);
  });
  for (const [name, value] of values) facts.set(name, factsOf(value));
  const opsets = new Map((model.opsetImport ?? []).map(({ domain, version }) => [domain ?? '', toNumber(version)]));
  for (const node of graph.node ?? []) {
    const domain = node.domain === 'ai.onnx' ? '' : (node.domain ?? '');
    const definition = lookupOp(domain, node.opType ?? '');
    const names = node.input ?? [];
    const outputs = node.output ?? [];
    const site = {
      opType: node.opType ?? '',
      domain,
      opset: opsets.get(domain) ?? 1,
      attributes: new ProtoAttributes(node),
    };
    const context = new RuleContext({
      ...site,
      inputs: names.map((name) => facts.get(name)),
      inputPresent: names.map((name) => name !== ''),
      outputPresent: outputs.map((name) => name !== ''),
      constant: (i) => values.get(names[i] ?? ''),
      onConflict: (a, b, what) => conflicts.push(`${node.opType}: ${a} ${b} ${what}`),
    });
    definition?.infer?.(context);
    const results = definition?.evaluate?.({
      ...site,
      inputs: names.map((name) => (name === '' ? undefined : values.get(name))),
      outputCount: outputs.length,
    });
    outputs.forEach((name, i) => {
      const value = results?.[i];
      if (value !== undefined) values.set(name, value);
      const known = context.outputs[i];
      if (known !== undefined) facts.set(name, known);
    });
  }
  const names = (graph.output ?? []).map(({ name }) => name ?? '');
  return {
    outputs: names.map((name) => values.get(name) as DenseTensor),
    inferred: names.map((name) => facts.get(name)),
    conflicts,
  };
}
