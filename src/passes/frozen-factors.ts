import { type FrozenFactor, frozenFactors } from '../analysis/evidence/frozen-factors.js';
import { liveNodes } from '../analysis/evidence/look.js';
import { TracedSizes } from '../analysis/evidence/traced-sizes.js';
import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import { opsetOf } from '../rewrite/size.js';
import { DataType } from '../tensor/dtype.js';
import type { Edit } from './pass.js';
import type { SelfRepair, Session } from './repair-session.js';
import { nodeName } from './report-text.js';

/** What is to be done about scalars that were powers of a size. */
export function repairFactors(model: Model, session: Session): SelfRepair[] {
  const { inference } = session.diagnosis;
  const nodes = liveNodes(model.graph, inference.constants);
  const factors = frozenFactors({ inference, traced: new TracedSizes(session.traced), nodes });
  const repairs: SelfRepair[] = [];
  for (const factor of factors) {
    const { node, value, what } = factor;
    const text = `${value.name}: ${numberOf(factor, session)} stands for ${powerText(factor)}`;
    const finding = {
      code: 'baked-size',
      value: value.name,
      node: nodeName(node),
      evidence: [`${nodeName(node)}: ${what}`],
    };
    // Roots of float64 came with opset 6, divisions with 7.
    if (opsetOf(node) < 7 || !session.sizes.canCompute(factor.size, node)) {
      const message = `${text}, but no live tensor before ${nodeName(node)} has that size`;
      session.unresolved.push({ ...finding, code: 'unexplained-size', message });
      continue;
    }
    session.findings.push({ ...finding, message: text });
    repairs.push({ baked: { value }, reader: node, apply: () => apply(factor, session) });
  }
  return repairs;
}

function apply(factor: FrozenFactor, session: Session): Edit {
  const { node, input, value } = factor;
  const before = `${value.name}: ${numberOf(factor, session)}`;
  const replacement = emitPower(factor, session);
  node.setInput(input, replacement);
  const after = `${replacement.name}: computed at run time`;
  return { what: powerText(factor), where: `input of ${nodeName(node)}`, before, after };
}

/** Python computes such scalars in float64 and rounds them once: so does what is emitted. */
function emitPower({ node, value, size, power }: FrozenFactor, { diagnosis, emitter, sizes }: Session): Value {
  const tensor = diagnosis.inference.constants.dense(value);
  const dtype = tensor?.dtype ?? DataType.FLOAT;
  const emit = (opType: string, inputs: Value[], to?: number) =>
    emitter.node(
      { opType, inputs, hint: 'scale', ...(to === undefined ? {} : { attributes: { to: { int: to } } }) },
      node,
    );
  let result = sizes.scalar(size, node);
  if (power !== 1) {
    result = emit('Cast', [result], DataType.DOUBLE);
    if (Math.abs(power) === 0.5) result = emit('Sqrt', [result]);
    const one = { dtype: DataType.DOUBLE, shape: [], data: Float64Array.of(1) };
    if (power < 0) result = emit('Div', [emitter.constant(one, 'one', node), result]);
  }
  if (power === 1 || dtype !== DataType.DOUBLE) result = emit('Cast', [result], dtype);
  const rank = tensor?.shape.length ?? 0;
  if (rank === 0) return result;
  return emit('Reshape', [result, emitter.int64(new Array<number>(rank).fill(1), 'shape', node)]);
}

function numberOf({ value }: FrozenFactor, { diagnosis }: Session): number {
  return Number(diagnosis.inference.constants.dense(value)?.data[0]);
}

function powerText({ size, power }: FrozenFactor): string {
  return power === 1 ? `${size}` : `(${size}) ** ${power}`;
}
