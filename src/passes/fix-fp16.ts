/**
 * fix-fp16: element types agree again.
 *
 * Before: a converter made half of a model FLOAT16 and left the other half behind.
 *
 *     Shape ── ReduceProd ── Cast(to=FLOAT) ── Mul (x FLOAT16)      "Type parameter (T) of Optype (Mul) bound to
 *                                                                   different types (tensor(float16) and tensor(float))"
 *
 * After: the change that costs least. A stale Cast or dtype is set right, a constant stored in the other type, a
 * declaration corrected; where two precisions meet for good, one Cast at the narrowest edge.
 *
 *     Shape ── ReduceProd ── Cast(to=FLOAT16) ── Mul (x FLOAT16)
 */
import { declaredElement, isInterfaceFloat, withElement } from '../analysis/types/element-types.js';
import { cheapestTypes, costOf, IMPOSSIBLE } from '../analysis/types/label-problem.js';
import { RepairCosts } from '../analysis/types/repair-costs.js';
import { repairProblem } from '../analysis/types/repair-problem.js';
import { type TypeConflict, type TypeFlow, typeFlow } from '../analysis/types/type-flow.js';
import { buildTypeGraph, type TypeGraph } from '../analysis/types/type-graph.js';
import type { LocalFunction } from '../model/local-function.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { loadKernels } from '../ops/kernels.js';
import { loadSchemas } from '../ops/schema.js';
import { DataType, dataTypeName } from '../tensor/dtype.js';
import { partTwins } from './part-twins.js';
import type { Edit, Finding, Pass, PassReport } from './pass.js';
import { nodeName } from './report-text.js';
import { retype } from './retype.js';

/** Options of {@link fixFp16}. */
export interface FixFp16Options {
  /** The element type that floating-point inputs and outputs of the model are to have; default: what they have. */
  readonly io?: 'float' | 'float16';
  /** The IR version to write, for runtimes that refuse the model's; default: what the model has. */
  readonly irVersion?: number;
}

/**
 * Repairs element types that contradict each other, so that onnxruntime loads the model: float against float16 above all,
 * also int32 against int64 and bool against numbers. Finds the repair with the fewest casts; islands that compute in float
 * on purpose stay, and so do the types of inputs and outputs. A model whose types agree is left as it is.
 */
export function fixFp16({ io, irVersion }: FixFp16Options = {}): Pass {
  return {
    name: 'fix-fp16',
    async run(model) {
      const edits: Edit[] = [...setIrVersion(model, irVersion), ...partTwins(model)];
      const wanted = io === undefined ? undefined : io === 'float' ? DataType.FLOAT : DataType.FLOAT16;
      const report = await repairTypes(model, wanted);
      edits.push(...report.edits, ...declareInterface(model, wanted));
      return { ...report, pass: 'fix-fp16', edits, changed: edits.length > 0 };
    },
  };
}

function setIrVersion(model: Model, irVersion: number | undefined): Edit[] {
  if (irVersion === undefined || model.irVersion <= irVersion) return [];
  const edit = { what: 'IR version', where: 'model', before: `${model.irVersion}`, after: `${irVersion}` };
  model.irVersion = irVersion;
  return [edit];
}

/** Declares the type that inputs and outputs were asked to have. */
function declareInterface({ graph }: Model, io: number | undefined): Edit[] {
  if (io === undefined) return [];
  const edits: Edit[] = [];
  for (const value of [...graph.inputs, ...graph.outputs]) {
    const before = declaredElement(value.declared);
    if (value.declared === undefined || !isInterfaceFloat(before) || before === io) continue;
    graph.setValueInfo(value, withElement(value.declared, io));
    const what = value.isGraphInput ? 'input' : 'output';
    edits.push({ what, where: value.name, before: dataTypeName(before), after: dataTypeName(io) });
  }
  return edits;
}

async function repairTypes(model: Model, io: number | undefined): Promise<Omit<PassReport, 'pass'>> {
  const before = await inferTypes(model, io);
  const sums = sumsToOrs(model, before.flow);
  const { types, flow } = sums.length > 0 ? await inferTypes(model, io) : before;
  const findings = [...before.flow.conflicts, ...(sums.length > 0 ? flow.conflicts : [])].map(conflictFinding);
  const none = { changed: sums.length > 0, findings, edits: sums, unresolved: [] };
  if (flow.conflicts.length === 0) return none;
  const ambiguous = flow.conflicts.filter(addsTruths);
  if (ambiguous.length > 0) {
    const unresolved = ambiguous.map((conflict) => {
      const finding = conflictFinding(conflict);
      return { ...finding, message: `${finding.message}: ${whyAmbiguous(conflict)}` };
    });
    return { ...none, unresolved };
  }
  const costs = new RepairCosts(types, flow);
  const problem = repairProblem(types, flow, costs);
  const labels = cheapestTypes(problem);
  if (costOf(problem, labels) >= IMPOSSIBLE) {
    const message = (text: string) => `${text}, and no cast can make them agree`;
    const left = flow.conflicts.map(conflictFinding);
    return { ...none, unresolved: left.map((finding) => ({ ...finding, message: message(finding.message) })) };
  }
  const done = await retype(types, problem, labels, costs);
  const left = (await inferTypes(model, io)).flow.conflicts.map(conflictFinding);
  return {
    changed: true,
    findings: [...findings, ...done.findings],
    edits: [...sums, ...done.edits],
    unresolved: left,
  };
}

/**
 * In PyTorch a sum of bools is a bool, whether any of them is true, and its exporter writes Add all the same; a count is cast
 * before it is added up. What other exporters mean is not known.
 */
function sumsToOrs(model: Model, { conflicts }: TypeFlow): Edit[] {
  if (model.producerName !== 'pytorch') return [];
  const edits: Edit[] = [];
  for (const conflict of conflicts) {
    const { node } = conflict.variable;
    // Or broadcasts from opset 7 on.
    if (node?.opType !== 'Add' || !addsTruths(conflict) || (node.graph.opset('') ?? 0) < 7) continue;
    if (isAlwaysTrue(node)) continue;
    const where = nodeName(node);
    node.opType = 'Or';
    edits.push({ what: 'sum of bools', where, before: 'Add', after: "Or, as PyTorch's sum of bools is a bool" });
  }
  return edits;
}

/** Is one operand the negation of the other? */
function isAlwaysTrue({ inputs: [a, b] }: Node): boolean {
  const negates = (value: Value | undefined, of: Value | undefined) =>
    value?.producer?.opType === 'Not' && value.producer.inputs[0] === of;
  return negates(a, b) || negates(b, a);
}

function whyAmbiguous({ variable: { node } }: TypeConflict): string {
  if (node === undefined || !isAlwaysTrue(node)) return 'a sum of truths may mean "or" or a count';
  return 'a truth or its negation is always true, so the exporter left out what either was multiplied by (a custom autograd function?); it is not in the file, and has to be exported again';
}

/** Does a node add bools only? */
function addsTruths({ variable: { node, reads }, kind, types }: TypeConflict): boolean {
  if (kind !== 'not-allowed' || node === undefined || reads.length < 2) return false;
  return ['Add', 'Sub', 'Sum'].includes(node.opType) && types.length === 1 && types[0] === DataType.BOOL;
}

async function inferTypes(model: Model, io: number | undefined): Promise<{ types: TypeGraph; flow: TypeFlow }> {
  const [schemas, kernels] = await Promise.all([loadSchemas(), loadKernels()]);
  const opaque = new Set<LocalFunction>();
  for (;;) {
    const types = buildTypeGraph(model, { schemas, kernels, io, opaque });
    const flow = typeFlow(types);
    const more = [...flow.polymorphic].filter((fn) => !opaque.has(fn));
    if (more.length === 0) return { types, flow };
    for (const fn of more) opaque.add(fn);
  }
}

function conflictFinding({ variable, kind, types, value }: TypeConflict): Finding {
  const { node, name } = variable;
  const where = node === undefined ? name : nodeName(node);
  const [first, ...others] = types.map(dataTypeName);
  const all = [first, ...others].join(' and ');
  const at = { ...(node === undefined ? {} : { node: where }), ...(value === undefined ? {} : { value: value.name }) };
  switch (kind) {
    case 'mixed':
      return { code: 'mixed-types', message: `${where}: ${name} is ${all}`, ...at };
    case 'not-allowed':
      return { code: 'type-not-allowed', message: `${where}: ${name} cannot be ${all}`, ...at };
    case 'no-kernel':
      return { code: 'type-without-kernel', message: `${where}: onnxruntime has no ${first} kernel on the CPU`, ...at };
    case 'declared':
      return {
        code: 'stale-type',
        message: `${where}: makes ${value?.name} ${first}, which is declared ${others.join(' and ')}`,
        ...at,
      };
  }
}
