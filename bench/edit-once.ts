// Loads a model, renames a node (or undoes that), saves it, and prints the milliseconds and the most memory:
// edit-once.js IN OUT [OPTIONS]
import { existsSync, readFileSync } from 'node:fs';
import { load } from '../src/model/load.js';
import { save } from '../src/model/save.js';

const [, , input = '', output = '', options = '{}'] = process.argv;
const start = performance.now();
const model = await load(input);
const [node] = model.graph.nodes;
if (node !== undefined) node.name = node.name.endsWith('_renamed') ? node.name.slice(0, -8) : `${node.name}_renamed`;
await save(model, output, JSON.parse(options));
const ms = performance.now() - start;
console.log(JSON.stringify({ ms, megabytes: mostMemory() }));

/** The most memory of this process. The system's usual figure begins with what the process that started it had. */
function mostMemory(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const [, kilobytes = process.resourceUsage().maxRSS] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) / 1024;
}
