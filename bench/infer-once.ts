// Loads a model, infers all of it and prints the milliseconds of both: infer-once.js MODEL
import { infer } from '../src/analysis/infer.js';
import { load } from '../src/model/load.js';

const start = performance.now();
const model = await load(process.argv[2] as string);
const nodes = [...model.graph.nodes];
const loaded = performance.now();
const inference = infer(model);
const inferred = performance.now();
const unknown = nodes.filter((node) => node.outputs.some((output) => output && !inference.shape(output))).length;
console.log(JSON.stringify({ nodes: nodes.length, unknown, load: loaded - start, infer: inferred - loaded }));
