import { callerInputs } from '../model/caller-inputs.js';
import type { Node } from '../model/node.js';
import { Dim } from '../symbolic/dim.js';
import { operandsOf } from '../symbolic/parts.js';
import { type Demand, demandsOf, divisorsOf } from './demands.js';
import { isOp, shapeOf } from './evidence/look.js';
import { allSliceBoundsOf } from './evidence/slices.js';
import { type Conflict, type Inference, infer } from './infer.js';

/**
 * The demand that tells that a model is no longer what was exported. A model may ask for multiples of its window by
 * itself; but an exporter leaves out a padding, or the crop after it, that the traced size did not need:
 *
 * - rows are padded up to whole windows and then reshaped to the size before the padding,
 * - whole windows are added to what was not cut to windows,
 * - what strides left is reshaped to the size before them,
 * - an output is cropped to a size that it has only because the input was not padded,
 * - windows never become positions again, and yet an output has all positions: only keys and values were compressed.
 */
export function elidedPadding(inference: Inference, demands: readonly Demand[]): Demand | undefined {
  return elided(inference, demands) ?? elidedByDeclaration(inference);
}

function elided(inference: Inference, demands: readonly Demand[]): Demand | undefined {
  const multiples = demands.filter(({ kind }) => kind === 'multiples');
  if (multiples.length === 0) return undefined;
  const reshaped = demands.filter(isOfReshape);
  const cropped = croppedSymbols(inference);
  const compressed = compressedSymbols(inference, multiples);
  return multiples.find((demand) => {
    const { left, right } = demand;
    if ([...left.symbols(), ...right.symbols()].some((symbol) => cropped.has(symbol) || compressed.has(symbol)))
      return true;
    const isTwin = isOfReshape(demand) ? sameRatio : samePair;
    const twin = reshaped.find((other) => other !== demand && isTwin(demand, other));
    if (!isOfReshape(demand)) return twin !== undefined;
    if (roundsUp(left) !== roundsUp(right)) return true;
    return twin === undefined && divisorsOf(left).length > 0 && divisorsOf(right).length === 0;
  });
}

/**
 * The dynamo exporter writes what it leaves out into the declaration: an input of `4*s` where the padding to multiples of
 * 4 was not needed. What would be told of an input of any size is told of it too.
 */
function elidedByDeclaration(inference: Inference): Demand | undefined {
  const inputShapes = freedShapes(inference);
  if (inputShapes === undefined) return undefined;
  const freed = infer(inference.model, { inputShapes, constants: inference.constants });
  return elided(freed, demandsOf(freed));
}

/** The inputs' shapes with `s` in place of `4*s`, undefined where no input has such an axis. */
function freedShapes(inference: Inference): Record<string, (number | string | undefined)[]> | undefined {
  const shapes: Record<string, (number | string | undefined)[]> = {};
  const plain = new Set<string>();
  const freed = new Set<string>();
  for (const input of callerInputs(inference.model)) {
    const shape = inference.shape(input)?.map((dim) => {
      const symbol = dim && multipleOf(dim);
      if (symbol !== undefined) {
        freed.add(symbol);
        return symbol;
      }
      for (const name of dim?.symbols() ?? []) plain.add(name);
      return dim?.value ?? dim?.symbolName;
    });
    if (shape !== undefined) shapes[input.name] = shape;
  }
  return freed.size === 0 || [...freed].some((symbol) => plain.has(symbol)) ? undefined : shapes;
}

/** The symbol that `dim` is a multiple of: `s` of `4*s`. */
function multipleOf(dim: Dim): string | undefined {
  const [name, ...more] = dim.symbols();
  if (name === undefined || more.length > 0) return undefined;
  const factor = dim.evaluate(new Map([[name, 1]]));
  return factor !== undefined && factor > 1 && dim.equals(Dim.symbol(name).mul(factor)) ? name : undefined;
}

/** Symbols that count positions of an output, and of which Reshapes make windows only. */
function compressedSymbols(inference: Inference, multiples: readonly Demand[]): Set<string> {
  const found = new Set<string>();
  for (const output of inference.model.graph.outputs) {
    for (const dim of inference.shape(output) ?? []) if (dim?.symbolName !== undefined) found.add(dim.symbolName);
  }
  const divided = new Set<string>();
  for (const { node, left, right } of multiples) {
    const symbols = new Set([...dividedSymbols(left), ...dividedSymbols(right)]);
    const shape = isOp(node, 'Reshape') ? shapeOf(inference, node.outputs[0]) : undefined;
    for (const symbol of symbols) {
      divided.add(symbol);
      const isWhole = (dim: Dim | undefined) =>
        dim === undefined || dim.exactQuotient(Dim.symbol(symbol)) !== undefined;
      if (shape?.some(isWhole) ?? true) found.delete(symbol);
    }
  }
  return new Set([...found].filter((symbol) => divided.has(symbol)));
}

/** The symbols in what is divided with rounding. */
function dividedSymbols(expression: Dim): string[] {
  const parts = expression.parts();
  const own = parts.kind === 'floorDiv' ? [...parts.numerator.symbols()] : [];
  return [...own, ...operandsOf(parts).flatMap(dividedSymbols)];
}

/** Symbols whose sizes graph outputs are cropped to, by a Slice that takes away nothing. */
function croppedSymbols(inference: Inference): Set<string> {
  const found = new Set<string>();
  for (const output of inference.model.graph.outputs) {
    for (let node = output.producer; node !== undefined && isOp(node, 'Slice'); node = node.inputs[0]?.producer) {
      for (const symbol of idleCrop(node, inference)) found.add(symbol);
    }
  }
  return found;
}

/** The symbols of the size that a Slice from the front ends at, where its input ends there anyway. */
function idleCrop(node: Node, inference: Inference): string[] {
  const ends = node.inputs[2];
  if (ends === undefined || inference.constants.isConstant(ends)) return [];
  return allSliceBoundsOf(node, inference).flatMap(({ size, start, end }) =>
    start?.value === 0 && end !== undefined && size.equals(end) ? [...size.symbols()] : [],
  );
}

function isOfReshape({ node }: Conflict): boolean {
  return node.opType === 'Reshape';
}

function samePair(a: Conflict, b: Conflict): boolean {
  return (a.left.equals(b.left) && a.right.equals(b.right)) || (a.left.equals(b.right) && a.right.equals(b.left));
}

/** Is one pair the other, times the sizes of axes that only one of the Reshapes has in it? */
function sameRatio(a: Conflict, b: Conflict): boolean {
  return a.left.mul(b.right).equals(a.right.mul(b.left)) || a.left.mul(b.left).equals(a.right.mul(b.right));
}

/** Is a constant added before it divides, as in (T + 7) // 8? */
function roundsUp(expression: Dim): boolean {
  const parts = expression.parts();
  if (parts.kind !== 'floorDiv') return operandsOf(parts).some(roundsUp);
  const inner = parts.numerator.parts();
  return inner.kind === 'sum' && inner.terms.some(({ value }) => value !== undefined && value > 0);
}
