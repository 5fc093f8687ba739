// Loads a model, renames a node (or undoes that), saves it, and prints the milliseconds and the most memory:
// edit-once.js IN OUT [OPTIONS]
import { load } from '../src/model/load.js';
import { save } from '../src/model/save.js';

const [, , input = '', output = '', options = '{}'] = process.argv;
const start = performance.now();
const model = await load(input);
const [node] = model.graph.nodes;
if (node !== undefined) node.name = node.name.endsWith('_renamed') ? node.name.slice(0, -8) : `${node.name}_renamed`;
await save(model, output, JSON.parse(options));
const ms = performance.now() - start;
console.log(JSON.stringify({ ms, megabytes: process.resourceUsage().maxRSS / 1024 }));
