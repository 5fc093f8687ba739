import { FormatError, PayloadNotLoaded } from '../../src/format/format-error.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { ModelError } from '../../src/model/model-error.js';
import { serialize } from '../../src/model/save.js';
import { walkTensors } from '../../src/model/tensor-walk.js';
import { FakeFile } from '../support/sources.js';

/** How an input went: read, or refused in words. */
export type Verdict = 'read' | 'refused';

/**
 * Does to an input what a user could: reads it in one piece and through windows, looks at everything, edits everything,
 * writes it and reads that again.
 * @throws whatever is not a refusal in words, and an Error when what was written is not what was read
 */
export async function exercise(input: Uint8Array): Promise<Verdict> {
  let verdict: Verdict = 'read';
  for (const source of [input, new FakeFile(input, 64)]) {
    try {
      const model = await load(source);
      const copy = await serialize(model).catch(refusal);
      if (copy instanceof Uint8Array && Buffer.compare(copy, input) !== 0) throw new Error('a copy differs');
      lookAtEverything(model);
      await rewrite(model);
    } catch (error) {
      refusal(error);
      verdict = 'refused';
    }
  }
  return verdict;
}

function refusal(error: unknown): undefined {
  if (error instanceof FormatError || error instanceof ModelError || error instanceof PayloadNotLoaded) {
    if (error.message.length > 4000) throw new Error('a message of thousands of characters');
    return undefined;
  }
  throw error;
}

/** Runs what may be refused. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    refusal(error);
  }
}

function lookAtEverything(model: Model): void {
  const seen: unknown[] = [model.irVersion, model.modelVersion, model.producerName, model.domain, model.docString];
  seen.push(...model.metadata, ...model.opsetImports);
  for (const { name, domain, attributes, opsetImports } of model.functions) {
    seen.push(name, domain, attributes, ...opsetImports);
  }
  for (const graph of model.graphs()) {
    seen.push(graph.name, graph.docString, ...graph.metadata, graph.opset());
    for (const value of [...graph.inputs, ...graph.outputs, ...graph.initializers]) {
      attempt(() => seen.push(value.declared, value.isConstant));
    }
    for (const annotation of graph.quantizationAnnotations) seen.push(annotation.tensorName);
    for (const node of graph.nodes) {
      seen.push(node.name, node.opType, node.domain, node.docString, ...node.metadata);
      for (const attribute of node.attributes) attempt(() => seen.push(attribute.name, attribute.value));
    }
    attempt(() => graph.topologicalOrder());
  }
  for (const { tensor } of walkTensors(model)) {
    attempt(() => seen.push(tensor.dims, tensor.byteLength, tensor.external?.location));
    attempt(() => tensor.dense());
  }
  if (Object.hasOwn(Object.prototype, 'polluted') || ({} as { polluted?: unknown }).polluted !== undefined) {
    throw new Error('a prototype was polluted');
  }
}

/** Writes every message anew; the result has to read back as the same graph, and to be stable from then on. */
async function rewrite(model: Model): Promise<void> {
  for (const graph of model.graphs()) {
    for (const node of graph.nodes) node._touch();
    graph._touch();
  }
  const written = await serialize(model);
  const again = await load(written);
  const count = (each: Model) =>
    [...each.graphs()].map(({ nodes, inputs, outputs }) => [nodes, inputs, outputs].map((list) => list.length));
  if (JSON.stringify(count(again)) !== JSON.stringify(count(model))) throw new Error('the written model differs');
  for (const graph of again.graphs()) {
    for (const node of graph.nodes) node._touch();
    graph._touch();
  }
  if (Buffer.compare(await serialize(again), written) !== 0) throw new Error('the second copy differs from the first');
}
