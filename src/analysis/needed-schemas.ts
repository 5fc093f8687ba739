import type { Model } from '../model/model.js';
import { lookupOp } from '../ops/registry.js';
import { loadSchemas, type Schemas } from '../ops/schema.js';

/** The operators' schemas, loaded only when the model has an operator without a rule. */
export async function neededSchemas(model: Model): Promise<Schemas | undefined> {
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}.${name}`));
  for (const graph of model.graphs()) {
    for (const { domain, opType } of graph.nodes) {
      if (lookupOp(domain, opType)?.infer === undefined && !functions.has(`${domain}.${opType}`)) return loadSchemas();
    }
  }
  return undefined;
}
