import type { Node } from '../../model/node.js';
import { declaredFacts } from '../declared.js';
import type { Claim, Scene } from './evidence.js';
import { shapeOf } from './look.js';

/**
 * An output is declared to have the size of an input, and something written in the file gives it another one:
 * `y [batch, time]` that an Expand to `[2, 20]` makes. Whoever declared it knew; a number cannot be that size.
 *
 * An end that only ever makes it shorter (the first 20 of `time`) may be meant: there the traced size decides.
 */
export function* declaredOutputs({ inference }: Scene): Iterable<Claim> {
  const { graph } = inference.model;
  const sizes = new Set<string>();
  for (const input of graph.inputs) {
    for (const dim of shapeOf(inference, input) ?? []) for (const name of dim?.symbols() ?? []) sizes.add(name);
  }
  for (const output of graph.outputs) {
    const declared = output.declared && declaredFacts(output.declared);
    const inferred = shapeOf(inference, output);
    const node: Node | undefined = output.producer;
    if (declared?.kind !== 'tensor' || node === undefined || declared.shape?.length !== inferred?.length) continue;
    for (const [axis, size] of (declared.shape ?? []).entries()) {
      const dim = inferred?.[axis];
      if (dim?.origin === undefined || size === undefined || size.isNumber || dim.equals(size)) continue;
      if (![...size.symbols()].every((name) => sizes.has(name))) continue;
      // Exporters give an axis of one element the name of another axis, which is that size indeed.
      const isElsewhere = declared.shape?.some(
        (other, i) => i !== axis && other?.equals(size) && inferred?.[i]?.equals(size),
      );
      if (dim.value === 1 && isElsewhere) continue;
      const what = `axis ${axis} of output ${output.name} is declared as ${size}`;
      yield { node, what, left: dim, right: size, needsTraced: !dim.isNumber && size.isAtLeast(dim) };
    }
  }
}
