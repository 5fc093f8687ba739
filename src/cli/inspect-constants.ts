/** What the constants of a model are, for `inspect --constants`. */
import { identify } from '../analysis/explain/identify.js';
import type { Attribute } from '../model/attribute.js';
import type { Model } from '../model/model.js';
import { Node } from '../model/node.js';
import { walkTensors } from '../model/tensor-walk.js';
import { dataTypeName } from '../tensor/dtype.js';

/** Larger constants are weights; reading them would cost more than it tells. */
const MOST_ELEMENTS = 2 ** 22;

/** A constant that follows a rule. */
export interface IdentifiedConstant {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** What it is: `causal 48x48`. */
  readonly what: string;
}

/** Names every initializer and tensor of a Constant node that a rule gives exactly, in the order of the file. */
export function inspectConstants(model: Model): IdentifiedConstant[] {
  const found: IdentifiedConstant[] = [];
  for (const { tensor, within } of walkTensors(model)) {
    if (tensor.dims.reduce((product, size) => product * size, 1) > MOST_ELEMENTS) continue;
    const node = within.findLast((part): part is Node => part instanceof Node);
    const holder = within.at(-1) as Attribute | object;
    const isConstant = node === undefined || !('asTensor' in holder) || node.opType === 'Constant';
    const dense = isConstant ? readOrNothing(() => tensor.dense()) : undefined;
    const what = dense && identify(dense);
    if (what === undefined) continue;
    const name = ('asTensor' in holder ? node?.outputs[0]?.name : tensor.name) ?? '';
    found.push({ name, type: dataTypeName(tensor.dataType), dims: tensor.dims, what });
  }
  return found;
}

/** Types without elements that are known, and external data that is not there, tell nothing. */
function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** One line a kind of constant: exporters write the same one once a layer. */
export function constantLines(constants: readonly IdentifiedConstant[]): string[] {
  const groups = new Map<string, { first: string; count: number; text: string }>();
  for (const { name, type, dims, what } of constants) {
    const text = `${type}[${dims.join(',')}] ${what}`;
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { first: name, count: 1, text });
    else group.count++;
  }
  return [...groups.values()].map(
    ({ first, count, text }) => `  ${first}: ${text}${count > 1 ? ` (and ${count - 1} more)` : ''}`,
  );
}
