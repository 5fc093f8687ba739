/**
 * inline-calls: what a model computes stands in one graph.
 *
 * Before: the body of a function, or of a branch that is always taken, where other passes cannot see what it is called with.
 *
 *     x ── Encoder ── y            function Encoder(x): x ── Split ── Squeeze ── ...
 *
 * After: its nodes in the place of the call.
 *
 *     x ── Split ── Squeeze ── ... ── y
 */

import { Constants } from '../analysis/constants.js';
import { functionKey } from '../analysis/infer.js';
import type { Graph } from '../model/graph.js';
import type { LocalFunction } from '../model/local-function.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { type CopyScope, copyInitializers, copyNodes } from '../rewrite/copy-nodes.js';
import type { Edit, Pass, PassReport } from './pass.js';
import { nodeName } from './report-text.js';

/** Models do not become longer than this: repeated blocks may call each other many times over. */
const MOST_NODES = 100_000;

/**
 * Puts the bodies of local functions in the place of their calls, and branches in the place of an If whose condition is
 * constant. Calls stay whose function means other versions of operators, or takes a graph as attribute.
 *
 * Model files get longer by this, so repairs do it only where they would miss something otherwise.
 */
export function inlineCalls(): Pass {
  return {
    name: 'inline-calls',
    async run(model) {
      const edits: Edit[] = [];
      let count = countIn(model.graph);
      for (let calls = callsIn(model); calls.length > 0; calls = callsIn(model)) {
        for (const { node, body } of calls) {
          count += countIn(body.graph);
          if (count > MOST_NODES) return reportOf(edits);
          const after = `${body.graph.nodes.length} nodes in its place`;
          edits.push({ what: body.of, where: nodeName(node), before: 'call', after });
          inline(node, body);
        }
      }
      return reportOf(edits);
    },
  };
}

function reportOf(edits: Edit[]): PassReport {
  return { pass: 'inline-calls', changed: edits.length > 0, findings: [], edits, unresolved: [] };
}

/** Has the model something that {@link inlineCalls} puts in the place of a call? */
export function hasCalls(model: Model): boolean {
  return callsIn(model).length > 0;
}

interface Call {
  readonly node: Node;
  readonly body: Body;
}

interface Body {
  readonly of: string;
  readonly graph: Graph;
  /** The function's, where it is one. */
  readonly fn?: LocalFunction;
}

/** The calls in the main graph and in the graphs in it, but not those in what is called. */
function callsIn(model: Model): Call[] {
  const functions = new Map(model.functions.map((fn) => [functionKey(fn.domain, fn.name, fn.overload), fn]));
  const constants = new Constants();
  const calls: Call[] = [];
  const search = (graph: Graph) => {
    for (const node of graph.nodes) {
      const body = bodyOf(node);
      if (body !== undefined) calls.push({ node, body });
      else for (const inner of node.subgraphs) search(inner);
    }
  };
  const bodyOf = (node: Node): Body | undefined => {
    const fn = functions.get(functionKey(node.domain, node.opType, node.overload));
    if (fn !== undefined) return canInline(fn, model) ? { of: `function ${fn.name}`, graph: fn.body, fn } : undefined;
    const branch = takenBranch(node, constants);
    return branch && { of: 'branch that is always taken', graph: branch };
  };
  search(model.graph);
  return calls;
}

/** The operators of the function have to mean in the main graph what they mean in it. */
function canInline({ nodes, opsetImports }: LocalFunction, model: Model): boolean {
  const domains = new Set(nodes.map(({ domain }) => domain));
  for (const node of nodes) {
    for (const { refAttrName, type } of node.attributes) if (refAttrName !== '' && GRAPHS.has(type)) return false;
  }
  return [...domains].every((domain) => {
    const version = opsetImports.get(domain);
    return version === undefined || version === model.opset(domain);
  });
}

/** AttributeProto's GRAPH and GRAPHS. */
const GRAPHS: ReadonlySet<number> = new Set([5, 10]);

function takenBranch(node: Node, constants: Constants): Graph | undefined {
  const [condition] = node.inputs;
  if (node.opType !== 'If' || node.domain !== '' || condition === undefined || !constants.isConstant(condition)) return;
  const data = constants.dense(condition)?.data;
  if (data?.length !== 1) return;
  const branch = node.attributes.get(data[0] ? 'then_branch' : 'else_branch')?.asGraph();
  return branch?.initializers.some((value) => value.initializer === undefined) ? undefined : branch;
}

function inline(call: Node, { graph: body, fn }: Body): void {
  const { graph } = call;
  const defaults = new Map(fn?.defaultAttributes.map((attribute) => [attribute.name, attribute]));
  const scope: CopyScope = {
    values: new Map<Value, Value | undefined>(fn?.inputs.map((input, i) => [input, call.inputs[i]])),
    attribute: (name) => (fn === undefined ? undefined : (call.attributes.get(name) ?? defaults.get(name))),
  };
  if (fn === undefined) copyInitializers(body, graph, scope);
  copyNodes(body.nodes, graph, call, scope);
  call.outputs.forEach((output, i) => {
    const made = body.outputs[i];
    const copy = made && (scope.values.has(made) ? scope.values.get(made) : made);
    if (output !== undefined && copy !== undefined) output.replaceAllUsesWith(copy);
  });
  graph.removeNode(call);
}

function countIn(graph: Graph): number {
  let count = graph.nodes.length;
  for (const node of graph.nodes) for (const inner of node.subgraphs) count += countIn(inner);
  return count;
}
