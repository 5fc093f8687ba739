import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { joinAll, joinFacts } from '../lib/join.js';
import { axisOf, dimOf } from '../lib/known.js';
import type { Facts, InferContext, OpDefinition, SequenceFacts, Shape } from '../types.js';

/** Longer sequences are only known by what their elements have in common. */
const MAX_ELEMENTS = 256;

function sequenceOf(elements: readonly (Facts | undefined)[]): SequenceFacts {
  const element = joinAll(elements);
  const known = elements.filter((facts) => facts !== undefined);
  if (known.length < elements.length || known.length > MAX_ELEMENTS) return { kind: 'sequence', element };
  return { kind: 'sequence', element, elements: known };
}

function sequence(ctx: InferContext, input: number): SequenceFacts | undefined {
  const facts = ctx.input(input);
  return facts?.kind === 'sequence' ? facts : undefined;
}

/** The position that an input gives: 'absent', or undefined when not a known number. */
function positionOf(ctx: InferContext, input: number): number | 'absent' | undefined {
  return ctx.hasInput(input) ? dimOf(ctx.content(input)?.[0])?.value : 'absent';
}

function inferInsert(ctx: InferContext): void {
  const facts = sequence(ctx, 0);
  const added = ctx.input(1);
  const elements = facts?.elements;
  const position = positionOf(ctx, 2);
  if (elements !== undefined && position !== undefined) {
    const at = position === 'absent' ? elements.length : position;
    ctx.setOutput(0, sequenceOf([...elements.slice(0, at), added, ...elements.slice(at)]));
    return;
  }
  const isEmpty = elements?.length === 0;
  ctx.setOutput(0, { kind: 'sequence', element: isEmpty ? added : joinFacts(facts?.element, added) });
}

function inferErase(ctx: InferContext): void {
  const facts = sequence(ctx, 0);
  const elements = facts?.elements;
  const position = positionOf(ctx, 1);
  const at = position === 'absent' ? -1 : position;
  if (elements === undefined || at === undefined) {
    ctx.setOutput(0, { kind: 'sequence', element: facts?.element });
    return;
  }
  const index = at < 0 ? at + elements.length : at;
  ctx.setOutput(0, sequenceOf(elements.filter((_, i) => i !== index)));
}

function inferAt(ctx: InferContext): void {
  const facts = sequence(ctx, 0);
  const position = positionOf(ctx, 1);
  const element = typeof position === 'number' ? facts?.elements?.at(position) : undefined;
  ctx.setOutput(0, element ?? facts?.element);
}

function inferLength(ctx: InferContext): void {
  const length = sequence(ctx, 0)?.elements?.length;
  ctx.setTensor(0, DataType.INT64, [], [length === undefined ? ctx.fresh('length') : Dim.of(length)]);
}

/** Sizes of the parts when their number is known, else what all of them are (undefined if not known). */
interface Parts {
  readonly sizes?: Shape;
  readonly every?: Dim | undefined;
}

function partSizes(ctx: InferContext, size: Dim | undefined, axis: number): Parts {
  const chunk = ctx.hasInput(1) ? undefined : Dim.of(1);
  const given = ctx.content(1);
  const isScalar = ctx.shape(1)?.length === 0;
  if (chunk === undefined && !isScalar) {
    if (given === undefined) {
      const count = ctx.shape(1)?.[0]?.value;
      return count === undefined ? {} : { sizes: new Array<undefined>(count).fill(undefined) };
    }
    const sizes = given.map(dimOf);
    if (sizes.every((part) => part !== undefined)) {
      const sum = sizes.reduce((total, part) => total.add(part), Dim.of(0));
      ctx.unify(size, sum, 'sum of the sizes of SplitToSequence', [{ input: 0, axis }]);
    }
    return { sizes };
  }
  const each = chunk ?? dimOf(given?.[0]);
  if (each === undefined || size === undefined || !each.isPositive()) return { every: chunk };
  const count = size.ceilDiv(each).value;
  if (count === undefined) return { every: size.exactQuotient(each) === undefined ? undefined : each };
  if (count > MAX_ELEMENTS) return {};
  return { sizes: Array.from({ length: count }, (_, i) => (i < count - 1 ? each : size.sub(each.mul(count - 1)))) };
}

/** Without sizes, parts have size 1 on the axis, or lack it if `keepdims` is 0. */
function inferSplitToSequence(ctx: InferContext): void {
  const dtype = ctx.dtype(0);
  const shape = ctx.shape(0);
  const axis = shape && axisOf(ctx.attributes.int('axis', 0), shape.length);
  if (shape === undefined || axis === undefined) {
    ctx.setOutput(0, { kind: 'sequence', element: { kind: 'tensor', dtype } });
    return;
  }
  const dropsAxis = !ctx.hasInput(1) && ctx.attributes.int('keepdims', 1) === 0;
  const part = (size: Dim | undefined): Facts => ({
    kind: 'tensor',
    dtype,
    shape: dropsAxis ? shape.toSpliced(axis, 1) : shape.with(axis, size),
  });
  const { sizes, every } = partSizes(ctx, shape[axis], axis);
  ctx.setOutput(0, sizes === undefined ? { kind: 'sequence', element: part(every) } : sequenceOf(sizes.map(part)));
}

/** Elements are joined along an axis, or along a new one. */
function inferConcatFromSequence(ctx: InferContext): void {
  const facts = sequence(ctx, 0);
  const first = facts?.elements?.[0] ?? facts?.element;
  const isNew = ctx.attributes.int('new_axis', 0) !== 0;
  if (first?.kind !== 'tensor' || first.shape === undefined) {
    ctx.setTensor(0, first?.kind === 'tensor' ? first.dtype : undefined, undefined);
    return;
  }
  const { shape, dtype } = first;
  const axis = axisOf(ctx.attributes.int('axis', 0), shape.length + (isNew ? 1 : 0));
  const shapes = facts?.elements?.map((own) => (own.kind === 'tensor' ? own.shape : undefined)) ?? [shape];
  if (axis === undefined || shapes.some((own) => own !== undefined && own.length !== shape.length)) {
    ctx.setTensor(0, dtype, undefined);
    return;
  }
  const joined = shape.map((_, at) =>
    shapes.reduce<Dim | undefined>(
      (size, own) => (at === axis && !isNew ? size : ctx.unify(size, own?.[at], `axis ${at} of ConcatFromSequence`)),
      undefined,
    ),
  );
  const count = facts?.elements?.length;
  if (isNew) joined.splice(axis, 0, count === undefined ? ctx.fresh('length') : Dim.of(count));
  else joined[axis] = count === undefined ? ctx.fresh('concat') : total(shapes.map((own) => own?.[axis]));
  ctx.setTensor(0, dtype, joined);
}

function total(sizes: Shape): Dim | undefined {
  return sizes.reduce<Dim | undefined>((sum, size) => size && sum?.add(size), Dim.of(0));
}

/** The body sees one element of each sequence; tensors are the same for all. */
function inferMap(ctx: InferContext): void {
  const body = ctx.subgraph('body');
  const inputs = Array.from({ length: ctx.inputCount }, (_, i) => ctx.input(i));
  const at = (i: number | undefined) =>
    inputs.map((facts) => {
      if (facts?.kind !== 'sequence') return facts;
      return i === undefined ? facts.element : facts.elements?.[i];
    });
  const count = sequence(ctx, 0)?.elements?.length;
  const isKnown =
    count !== undefined &&
    count <= MAX_ELEMENTS &&
    inputs.every((facts) => facts?.kind !== 'sequence' || facts.elements?.length === count);
  const rounds = isKnown ? Array.from({ length: count }, (_, i) => body?.infer(at(i))) : [];
  // Leave the body with what holds for all elements.
  const general = rounds.length === 1 ? rounds[0] : body?.infer(at(undefined));
  for (let i = 0; i < ctx.outputCount; i++) {
    ctx.setOutput(
      i,
      isKnown ? sequenceOf(rounds.map((outputs) => outputs?.[i])) : { kind: 'sequence', element: general?.[i] },
    );
  }
}

/** Operators on sequences of tensors. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'SequenceEmpty',
    infer: (ctx) =>
      ctx.setOutput(0, {
        kind: 'sequence',
        element: { kind: 'tensor', dtype: ctx.attributes.int('dtype', DataType.FLOAT) },
        elements: [],
      }),
  },
  {
    name: 'SequenceConstruct',
    infer: (ctx) => ctx.setOutput(0, sequenceOf(Array.from({ length: ctx.inputCount }, (_, i) => ctx.input(i)))),
  },
  { name: 'SequenceInsert', infer: inferInsert },
  { name: 'SequenceErase', infer: inferErase },
  { name: 'SequenceAt', infer: inferAt },
  { name: 'SequenceLength', infer: inferLength },
  { name: 'SplitToSequence', infer: inferSplitToSequence },
  { name: 'ConcatFromSequence', infer: inferConcatFromSequence },
  { name: 'SequenceMap', infer: inferMap },
];
