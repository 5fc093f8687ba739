import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { operationKey } from '../unrolled/fingerprints.js';
import type { Clock } from './clocks.js';
import type { Operands } from './operands.js';

/** What each node of a step does, as a text that is equal for its copies in other steps; which state it reads is left open. */
export function localKeys(clock: Clock, step: number, operands: Operands): Map<Node, string> {
  const keys = new Map<Node, string>();
  const known = new Map<Value, string>();
  for (const node of clock.nodesOf(step)) {
    const inputs = node.inputs.map((input) => {
      if (input === undefined) return '';
      const tick = clock.ticks.get(input);
      if (tick !== undefined) {
        const { source, axis } = tick.sequence;
        return `part ${source.name} ${axis} ${tick.kept} ${tick.step - step}`;
      }
      const inner = known.get(input);
      if (inner !== undefined) return inner;
      const time = clock.timeOf(input);
      return time < 0 ? operands.keyOf(input) : `state ${step - time}`;
    });
    const key = `${operationKey(node)}(${inputs.join(',')})`;
    keys.set(node, key);
    node.outputs.forEach((output, i) => {
      if (output !== undefined) known.set(output, `#${hash(key)}.${i}`);
    });
  }
  return keys;
}

/** Keys would grow with the depth of a step; two of them that collide are told apart when nodes are compared. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}
