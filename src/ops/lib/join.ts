import type { Dim } from '../../symbolic/dim.js';
import { type Scalar, scalarKey } from '../../symbolic/scalar.js';
import type { Facts, SequenceFacts, Shape, TensorFacts } from '../types.js';

/** What to make of two known sizes that differ; undefined leaves the size unknown. */
export type JoinDims = (a: Dim, b: Dim) => Dim | undefined;

type Content = readonly (Scalar | undefined)[] | undefined;

const unknownSize: JoinDims = () => undefined;

/** What holds of a value that is one of two: equal sizes and elements are kept. */
export function joinFacts(
  a: Facts | undefined,
  b: Facts | undefined,
  joinDims: JoinDims = unknownSize,
): Facts | undefined {
  if (a === undefined || b === undefined || a === b) return a === b ? a : undefined;
  // What may be missing on one side may be missing.
  if (a.kind === 'optional' && b.kind !== 'optional') return joinFacts(a, { kind: 'optional', element: b }, joinDims);
  if (b.kind === 'optional' && a.kind !== 'optional') return joinFacts({ kind: 'optional', element: a }, b, joinDims);
  switch (a.kind) {
    case 'tensor':
      return b.kind === 'tensor' ? joinTensors(a, b, joinDims) : undefined;
    case 'sequence':
      return b.kind === 'sequence' ? joinSequences(a, b, joinDims) : undefined;
    case 'optional':
      return b.kind === 'optional'
        ? { kind: 'optional', element: joinFacts(a.element, b.element, joinDims) }
        : undefined;
    case 'map': {
      if (b.kind !== 'map' || a.keyType !== b.keyType) return undefined;
      return { kind: 'map', keyType: a.keyType, value: joinFacts(a.value, b.value, joinDims) };
    }
    case 'sparse': {
      if (b.kind !== 'sparse') return undefined;
      return { kind: 'sparse', dtype: joinTypes(a.dtype, b.dtype), shape: joinShapes(a.shape, b.shape, joinDims) };
    }
  }
}

/** What all of them are known to be; undefined for none. */
export function joinAll(all: readonly (Facts | undefined)[]): Facts | undefined {
  return all.length === 0 ? undefined : all.reduce((a, b) => joinFacts(a, b));
}

function joinTensors(a: TensorFacts, b: TensorFacts, joinDims: JoinDims): TensorFacts {
  const shape = joinShapes(a.shape, b.shape, joinDims);
  const dtype = joinTypes(a.dtype, b.dtype);
  const content = shape?.every((dim) => dim?.isNumber) ? joinContents(a.content, b.content) : undefined;
  return content === undefined ? { kind: 'tensor', dtype, shape } : { kind: 'tensor', dtype, shape, content };
}

function joinTypes(a: number | undefined, b: number | undefined): number | undefined {
  return a === b ? a : undefined;
}

function joinShapes(a: Shape | undefined, b: Shape | undefined, joinDims: JoinDims): Shape | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((dim, axis) => {
    const other = b[axis];
    if (dim === undefined || other === undefined) return undefined;
    return dim.equals(other) ? dim : joinDims(dim, other);
  });
}

function joinContents(a: Content, b: Content): Content {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  const joined = a.map((element, i) => {
    const other = b[i];
    if (element === undefined || other === undefined) return undefined;
    return scalarKey(element) === scalarKey(other) ? element : undefined;
  });
  return joined.some((element) => element !== undefined) ? joined : undefined;
}

function joinSequences(a: SequenceFacts, b: SequenceFacts, joinDims: JoinDims): SequenceFacts {
  // An empty sequence says nothing of elements: whatever the other one has.
  if (a.elements?.length === 0 && b.elements?.length !== 0) return { kind: 'sequence', element: b.element };
  if (b.elements?.length === 0 && a.elements?.length !== 0) return { kind: 'sequence', element: a.element };
  const element = joinFacts(a.element, b.element, joinDims);
  if (a.elements === undefined || a.elements.length !== b.elements?.length) return { kind: 'sequence', element };
  const elements: Facts[] = [];
  for (const [i, own] of a.elements.entries()) {
    const joined = joinFacts(own, b.elements[i], joinDims);
    if (joined === undefined) return { kind: 'sequence', element };
    elements.push(joined);
  }
  return { kind: 'sequence', element, elements };
}

/** Are the facts the same, sizes and elements included? */
export function sameFacts(a: Facts | undefined, b: Facts | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'tensor':
      return (
        b.kind === 'tensor' && a.dtype === b.dtype && sameShape(a.shape, b.shape) && sameContent(a.content, b.content)
      );
    case 'sparse':
      return b.kind === 'sparse' && a.dtype === b.dtype && sameShape(a.shape, b.shape);
    case 'optional':
      return b.kind === 'optional' && sameFacts(a.element, b.element);
    case 'map':
      return b.kind === 'map' && a.keyType === b.keyType && sameFacts(a.value, b.value);
    case 'sequence': {
      if (b.kind !== 'sequence' || a.elements?.length !== b.elements?.length) return false;
      return (
        sameFacts(a.element, b.element) && (a.elements?.every((own, i) => sameFacts(own, b.elements?.[i])) ?? true)
      );
    }
  }
}

function sameShape(a: Shape | undefined, b: Shape | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((dim, axis) => dim?.key === b[axis]?.key);
}

function sameContent(a: Content, b: Content): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.length === b.length &&
    a.every((element, i) => {
      const other = b[i];
      if (element === undefined || other === undefined) return element === other;
      return scalarKey(element) === scalarKey(other);
    })
  );
}

/** The facts with every size replaced, and without contents where a shape changed. */
export function mapDims(facts: Facts | undefined, replace: (dim: Dim) => Dim | undefined): Facts | undefined {
  switch (facts?.kind) {
    case 'tensor':
      if (!facts.shape?.some((dim) => dim !== undefined && replace(dim) !== dim)) return facts;
      return { kind: 'tensor', dtype: facts.dtype, shape: facts.shape.map((dim) => dim && replace(dim)) };
    case 'sparse':
      return { kind: 'sparse', dtype: facts.dtype, shape: facts.shape?.map((dim) => dim && replace(dim)) };
    case 'sequence': {
      const element = mapDims(facts.element, replace);
      const elements = facts.elements?.map((own) => mapDims(own, replace) as Facts);
      return elements === undefined ? { kind: 'sequence', element } : { kind: 'sequence', element, elements };
    }
    case 'optional':
      return { kind: 'optional', element: mapDims(facts.element, replace) };
    default:
      return facts;
  }
}
