/**
 * infer-shapes: writes down what every value is.
 *
 *     feats [B, T, 80] ── Conv ── h                              what the exporter says
 *     feats [B, T, 80] ── Conv ── h float[B, 256, (T - 1)//2 + 1]    what other tools can use
 *
 * Sizes are numbers, or expressions in the sizes of the inputs, in Python's syntax. A size that depends on the elements of
 * a tensor (NonZero, Unique) has no expression and is left open, so that nothing is said that is not so.
 */
import { declaredDim } from '../analysis/declared.js';
import { type Inference, infer } from '../analysis/infer.js';
import { neededSchemas } from '../analysis/needed-schemas.js';
import { Reasons } from '../analysis/reason.js';
import { typeOfFacts } from '../analysis/typed.js';
import type { Graph } from '../model/graph.js';
import type { Model } from '../model/model.js';
import type { TypeInfo } from '../model/type-info.js';
import { typeText } from '../model/type-text.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import type { Edit, Finding, Pass } from './pass.js';

/**
 * Declares element type and shape of every value that can be inferred: in `value_info` for values inside the graph and
 * its subgraphs, and in the declarations of graph outputs where these leave sizes open. What inputs and outputs declare
 * already stays. An input's size without a name gets one where a written expression needs it. Function bodies are left
 * alone, since their shapes are those of a call.
 *
 * Findings list what is not known in full (`not-inferred`), with the reason.
 *
 * @example
 * ```ts
 * const model = await load('encoder.onnx');
 * await model.transform(inferShapes());
 * await save(model, 'encoder.inferred.onnx');
 * ```
 */
export function inferShapes(): Pass {
  return {
    name: 'infer-shapes',
    async run(model) {
      const schemas = await neededSchemas(model);
      const inference = infer(model, schemas ? { schemas } : {});
      const reasons = new Reasons(inference);
      const known = symbolsOfInputs(model);
      const edits: Edit[] = [];
      const findings: Finding[] = [];
      const needed = new Set<string>();
      for (const graph of inferredGraphs(model.graph)) {
        const outputs = new Set(graph.outputs);
        for (const node of graph.nodes) {
          for (const value of node.outputs) {
            if (value === undefined) continue;
            const facts = inference.facts(value);
            const declared = value.declared;
            const type = merge(declared, typeOfFacts(facts), outputs.has(value), known);
            if (type !== undefined && !sameType(type, declared)) {
              graph.setValueInfo(value, type);
              edits.push(editOf(value, declared, type));
              collectSymbols(facts, known, needed);
            }
            const reason = reasons.of(value);
            if (reason !== undefined) findings.push(findingOf(value, type, reason));
          }
        }
      }
      edits.push(...nameInputSizes(model, inference, needed));
      return { pass: 'infer-shapes', changed: edits.length > 0, findings, edits, unresolved: [] };
    },
  };
}

/** The main graph and the graphs in its nodes, whose values are what they are in every run. */
function* inferredGraphs(graph: Graph): Iterable<Graph> {
  yield graph;
  for (const node of graph.nodes) for (const inner of node.subgraphs) yield* inferredGraphs(inner);
}

function symbolsOfInputs(model: Model): Set<string> {
  const symbols = new Set<string>();
  for (const { declared } of model.graph.inputs) {
    if (declared?.kind !== 'tensor') continue;
    for (const dim of declared.shape ?? []) {
      if (typeof dim === 'string') for (const name of declaredDim(dim)?.symbols() ?? []) symbols.add(name);
    }
  }
  return symbols;
}

/** What inference says, with gaps filled from what is declared; of an output, the declaration comes first. */
function merge(
  declared: TypeInfo | undefined,
  inferred: TypeInfo | undefined,
  isOutput: boolean,
  known: ReadonlySet<string>,
): TypeInfo | undefined {
  if (declared === undefined || inferred === undefined) return inferred ?? declared;
  if (declared.kind !== inferred.kind) return isOutput ? declared : inferred;
  if (declared.kind !== 'tensor' || inferred.kind !== 'tensor') return isOutput ? declared : inferred;
  const [first, second] = isOutput ? [declared, inferred] : [inferred, declared];
  const { shape: firstShape, shape = second.shape } = first;
  const other = firstShape === undefined ? undefined : second.shape;
  const merged = shape?.map((dim, axis) => {
    const alternative = other?.length === shape.length ? other[axis] : undefined;
    // An output's size under a name that no input explains says no more than an open one.
    if (isOutput && typeof dim === 'string' && !isExplained(dim, known)) return alternative ?? dim;
    return dim === undefined || dim === '' ? alternative : dim;
  });
  const { shape: _, ...rest } = declared;
  const elemType = first.elemType || second.elemType;
  return merged === undefined ? { ...rest, elemType } : { ...rest, elemType, shape: merged };
}

function isExplained(dim: string, known: ReadonlySet<string>): boolean {
  for (const name of declaredDim(dim)?.symbols() ?? []) if (!known.has(name)) return false;
  return true;
}

function sameType(a: TypeInfo, b: TypeInfo | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function editOf(value: Value, before: TypeInfo | undefined, after: TypeInfo): Edit {
  return {
    what: value.isGraphOutput ? 'output' : 'value_info',
    where: value.name,
    before: before === undefined ? '' : typeText(before),
    after: typeText(after),
  };
}

/** Symbols that no input declares by name: sizes that inference named after the input. */
function collectSymbols(facts: Facts | undefined, known: ReadonlySet<string>, needed: Set<string>): void {
  if (facts?.kind !== 'tensor') return;
  for (const dim of facts.shape ?? []) {
    if (dim === undefined || dim.isNumber || dim.hasFresh) continue;
    for (const name of dim.symbols()) if (!known.has(name)) needed.add(name);
  }
}

/** Declares names for sizes of inputs that have none and that written expressions refer to. */
function nameInputSizes(model: Model, inference: Inference, needed: ReadonlySet<string>): Edit[] {
  const edits: Edit[] = [];
  for (const value of model.graph.inputs) {
    const { declared } = value;
    const shape = inference.shape(value);
    if (declared?.kind !== 'tensor' || declared.shape === undefined) continue;
    const named = declared.shape.map((dim, axis) => {
      const symbol = shape?.[axis]?.symbolName;
      return dim === undefined && symbol !== undefined && needed.has(symbol) ? symbol : dim;
    });
    const type = { ...declared, shape: named };
    if (sameType(type, declared)) continue;
    model.graph.setValueInfo(value, type);
    edits.push({ what: 'input', where: value.name, before: typeText(declared), after: typeText(type) });
  }
  return edits;
}

function findingOf(value: Value, type: TypeInfo | undefined, reason: string): Finding {
  const { producer } = value;
  return {
    code: 'not-inferred',
    message: `${value.name} is ${type === undefined ? 'unknown' : `only known as ${typeText(type)}`}`,
    value: value.name,
    evidence: [reason],
    ...(producer?.name ? { node: producer.name } : {}),
  };
}
