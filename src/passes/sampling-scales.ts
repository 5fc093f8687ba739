import { liveNodes } from '../analysis/evidence/look.js';
import { type SamplingScale, samplingScales } from '../analysis/evidence/sampling-scales.js';
import { type SingleStep, singleSteps } from '../analysis/evidence/single-steps.js';
import { TracedSizes } from '../analysis/evidence/traced-sizes.js';
import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import type { Dim } from '../symbolic/dim.js';
import { DataType } from '../tensor/dtype.js';
import type { Edit } from './pass.js';
import type { SelfRepair, Session } from './repair-session.js';
import { nodeName, typeText } from './report-text.js';

/** What is to be done about scales of coordinates that were made of the sizes of images. */
export function repairScales(model: Model, session: Session): SelfRepair[] {
  const { inference } = session.diagnosis;
  const nodes = liveNodes(model.graph, inference.constants);
  const repairs: SelfRepair[] = [];
  const repaired: Dim[] = [];
  for (const scale of samplingScales({ inference, traced: new TracedSizes(session.traced), nodes })) {
    const { node, value, sizes } = scale;
    const text = `${value.name}: (${scale.tensor.data.join(', ')}) stands for ${scaleText(scale)}`;
    const finding = {
      code: 'baked-size',
      value: value.name,
      node: nodeName(node),
      evidence: [`${nodeName(node)}: coordinates of GridSample`],
    };
    if (!sizes.every((size) => session.sizes.canCompute(size, node))) {
      const message = `${text}, but no live tensor before ${nodeName(node)} has that size`;
      session.unresolved.push({ ...finding, code: 'unexplained-size', message });
      continue;
    }
    session.findings.push({ ...finding, message: text });
    repairs.push({ baked: { value }, reader: node, apply: () => apply(scale, session) });
    repaired.push(...sizes);
    for (const [symbol, size] of scale.traced) if (!session.traced.has(symbol)) session.traced.set(symbol, size);
  }
  // Images of any size are served now, of one row too: so are the positions in them.
  for (const step of singleSteps({ inference, nodes }, repaired)) repairs.push(stepRepair(step, session));
  return repairs;
}

function stepRepair({ node, size }: SingleStep, { diagnosis, emitter, findings }: Session): SelfRepair {
  const value = node.inputs[1] as Value;
  const text = `${nodeName(node)}: steps between ${size} positions, of which there may be one`;
  findings.push({ code: 'division-by-zero', value: value.name, node: nodeName(node), message: text });
  const apply = (): Edit => {
    const facts = diagnosis.inference.facts(value);
    const dtype = (facts?.kind === 'tensor' ? facts.dtype : undefined) ?? DataType.FLOAT;
    const data = dtype === DataType.DOUBLE ? Float64Array.of(1) : Float32Array.of(1);
    const inputs = [value, emitter.constant({ dtype, shape: [], data }, 'one', node)];
    const steps = emitter.node({ opType: 'Max', inputs, hint: 'steps' }, node);
    node.setInput(1, steps);
    return { what: text, where: `input of ${nodeName(node)}`, before: value.name, after: `${steps.name}: at least 1` };
  };
  return { baked: { value }, reader: node, apply };
}

function apply(scale: SamplingScale, session: Session): Edit {
  const { node, input, value, tensor } = scale;
  const replacement = emit(scale, session);
  node.setInput(input, replacement);
  return {
    what: scaleText(scale),
    where: `input of ${nodeName(node)}`,
    before: `${value.name}: constant ${typeText(tensor)} (${tensor.data.join(', ')})`,
    after: `${replacement.name}: computed at run time`,
  };
}

/** Computed in float64 and rounded once, as Python does. */
function emit({ node, tensor, sizes, factor, power }: SamplingScale, session: Session): Value {
  const { emitter } = session;
  const apply = (opType: string, inputs: Value[]) => emitter.node({ opType, inputs, hint: 'scale' }, node);
  const cast = (value: Value, to: number) =>
    emitter.node({ opType: 'Cast', inputs: [value], attributes: { to: { int: to } }, hint: 'scale' }, node);
  let result = session.sizes.shape(sizes, node);
  if (tensor.shape.length !== 1) result = apply('Reshape', [result, emitter.int64(tensor.shape, 'shape', node)]);
  if (factor === 1 && power === 1) return cast(result, tensor.dtype);
  result = cast(result, DataType.DOUBLE);
  const number = emitter.constant({ dtype: DataType.DOUBLE, shape: [], data: Float64Array.of(factor) }, 'factor', node);
  result = power === 1 ? apply('Mul', [result, number]) : apply('Div', [number, result]);
  return tensor.dtype === DataType.DOUBLE ? result : cast(result, tensor.dtype);
}

function scaleText({ sizes, factor, power }: SamplingScale): string {
  const text = `(${sizes.join(', ')})`;
  if (power === -1) return `${factor} / ${text}`;
  return factor === 1 ? text : `${factor} * ${text}`;
}
