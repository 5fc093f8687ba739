/** Reshapes that an optimiser wrote for a Transpose: with one item, both move the directions of a recurrent layer. */
import type { Node } from '../model/node.js';
import type { Shape } from '../ops/types.js';
import type { Edit } from './pass.js';
import type { SelfRepair, Session } from './repair-session.js';
import { nodeName } from './report-text.js';

/** What recurrent layers give: [steps, directions, items, hidden]. */
const RECURRENT = new Set(['LSTM', 'GRU', 'RNN']);
const PERMUTATION = [0, 2, 1, 3];

/**
 * The Reshapes of all steps of a recurrent layer with several directions that put the items in front of the directions, and
 * were one item. With more items the elements are in another order: there they have to be transposed.
 */
export function repairDirections(session: Session): SelfRepair[] {
  const { inference } = session.diagnosis;
  const found: SelfRepair[] = [];
  for (const node of inference.model.graph.nodes) {
    const layer = node.inputs[0]?.producer;
    if (node.opType !== 'Reshape' || node.domain !== '' || layer === undefined || !RECURRENT.has(layer.opType))
      continue;
    const [value, output] = [layer.outputs[0], node.outputs[0]];
    if (
      value === undefined ||
      output === undefined ||
      value !== node.inputs[0] ||
      layer.attributes.get('layout')?.asInt()
    )
      continue;
    const before = inference.shape(value);
    const after = inference.shape(output);
    if (before === undefined || after === undefined || !isMoved(before, after, session.traced)) continue;
    session.findings.push({
      code: 'folded-transpose',
      message: `${nodeName(node)}: [${before.join(', ')}] to [${after.join(', ')}] moves ${before[2]} items, which were 1`,
      node: nodeName(node),
    });
    found.push({ reader: node, apply: () => apply(node, before, session) });
  }
  return found;
}

/** Do the items, of which there was one, come before the directions? */
function isMoved(before: Shape, after: Shape, traced: ReadonlyMap<string, number>): boolean {
  const [steps, directions, items] = before;
  if (before.length !== 4 || steps === undefined || items === undefined || items.isNumber) return false;
  if (directions?.value === undefined || directions.value < 2 || items.evaluate(traced) !== 1) return false;
  return after[0]?.equals(steps) === true && after[1]?.equals(items) === true;
}

function apply(node: Node, before: Shape, { emitter }: Session): Edit {
  const inputs = [node.inputs[0]];
  const attributes = { perm: { ints: PERMUTATION } };
  node.setInput(0, emitter.node({ opType: 'Transpose', inputs, attributes, hint: 'items_first' }, node));
  const what = `Reshape that moves one item of [${before.join(', ')}] in front of the directions`;
  return { what, where: nodeName(node), before: 'Reshape', after: 'Transpose, then Reshape' };
}
