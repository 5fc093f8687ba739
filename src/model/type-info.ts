import type { Composer } from '../format/composer.js';
import { FieldReader } from '../format/field-reader.js';
import type { Span } from '../format/rewrite-message.js';
import { DimensionField, ShapeField, TypeCaseField, TypeField } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';
import { decodeText } from '../format/text.js';

/** A declared size: a number (`dim_value`), a name or expression (`dim_param`), or undefined when nothing is said. */
export type DeclaredDim = number | string | undefined;

/** The type of a tensor or sparse tensor. */
export interface TensorTypeInfo {
  readonly kind: 'tensor' | 'sparse';
  /** `TensorProto.DataType`; 0 when not said. */
  readonly elemType: number;
  /** Undefined when the rank is not declared. */
  readonly shape?: readonly DeclaredDim[] | undefined;
  /** What an axis means (`DATA_BATCH` ...), axis by axis, where any is said. */
  readonly dimDenotations?: readonly (string | undefined)[] | undefined;
  readonly denotation?: string | undefined;
}

/** A declared type: what a `TypeProto` says. */
export type TypeInfo =
  | TensorTypeInfo
  | {
      readonly kind: 'sequence' | 'optional';
      readonly elemType?: TypeInfo | undefined;
      readonly denotation?: string | undefined;
    }
  | {
      readonly kind: 'map';
      readonly keyType: number;
      readonly valueType?: TypeInfo | undefined;
      readonly denotation?: string | undefined;
    }
  | {
      readonly kind: 'opaque';
      readonly domain: string;
      readonly name: string;
      readonly denotation?: string | undefined;
    };

const CASES = new Map<number, TypeInfo['kind']>([
  [TypeField.tensorType, 'tensor'],
  [TypeField.sequenceType, 'sequence'],
  [TypeField.mapType, 'map'],
  [TypeField.opaqueType, 'opaque'],
  [TypeField.sparseTensorType, 'sparse'],
  [TypeField.optionalType, 'optional'],
]);

/** Reads a `TypeProto`; undefined when none of its cases is set. */
export function readType(skeleton: Skeleton, spans: readonly Span[]): TypeInfo | undefined {
  let denotation: string | undefined;
  let kind: TypeInfo['kind'] | undefined;
  let inner: Span[] = [];
  for (const span of spans) {
    const field = new FieldReader(skeleton, span.start, span.end);
    while (field.next()) {
      if (!field.isBytes) continue;
      const found = CASES.get(field.number);
      if (found !== undefined) {
        // Of a oneof the last case counts; the same case again is merged.
        if (found !== kind) inner = [];
        kind = found;
        inner.push({ start: field.start, end: field.end });
      } else if (field.number === TypeField.denotation) {
        denotation = decodeText(skeleton.bytes, field.start, field.end);
      }
    }
  }
  const extra = denotation === undefined ? {} : { denotation };
  switch (kind) {
    case undefined:
      return undefined;
    case 'tensor':
    case 'sparse':
      return { kind, ...readTensorType(skeleton, inner), ...extra };
    case 'sequence':
    case 'optional': {
      const elemType = readInnerType(skeleton, inner, TypeCaseField.elemType);
      return { kind, ...(elemType ? { elemType } : {}), ...extra };
    }
    case 'map': {
      const valueType = readInnerType(skeleton, inner, TypeCaseField.valueType);
      const keyType = readEnum(skeleton, inner, TypeCaseField.keyType);
      return { kind, keyType, ...(valueType ? { valueType } : {}), ...extra };
    }
    case 'opaque': {
      const domain = readString(skeleton, inner, TypeCaseField.domain);
      return { kind, domain, name: readString(skeleton, inner, TypeCaseField.name), ...extra };
    }
  }
}

function readTensorType(skeleton: Skeleton, spans: readonly Span[]): Omit<TensorTypeInfo, 'kind'> {
  const elemType = readEnum(skeleton, spans, TypeCaseField.elemType);
  const shapes = messages(skeleton, spans, TypeCaseField.shape);
  if (shapes.length === 0) return { elemType };
  const shape: DeclaredDim[] = [];
  const dimDenotations: (string | undefined)[] = [];
  for (const dim of messages(skeleton, shapes, ShapeField.dim)) {
    let size: DeclaredDim;
    let denotation: string | undefined;
    const field = new FieldReader(skeleton, dim.start, dim.end);
    while (field.next()) {
      if (field.number === DimensionField.dimValue && field.isVarint) size = field.int();
      else if (!field.isBytes) continue;
      else if (field.number === DimensionField.dimParam) size = decodeText(skeleton.bytes, field.start, field.end);
      else if (field.number === DimensionField.denotation) {
        denotation = decodeText(skeleton.bytes, field.start, field.end);
      }
    }
    shape.push(size);
    dimDenotations.push(denotation);
  }
  const denoted = dimDenotations.some((denotation) => denotation !== undefined);
  return denoted ? { elemType, shape, dimDenotations } : { elemType, shape };
}

function readInnerType(skeleton: Skeleton, spans: readonly Span[], number: number): TypeInfo | undefined {
  return readType(skeleton, messages(skeleton, spans, number));
}

function messages(skeleton: Skeleton, spans: readonly Span[], number: number): Span[] {
  const found: Span[] = [];
  for (const span of spans) {
    const field = new FieldReader(skeleton, span.start, span.end);
    while (field.next()) {
      if (field.number === number && field.isBytes) found.push({ start: field.start, end: field.end });
    }
  }
  return found;
}

function readEnum(skeleton: Skeleton, spans: readonly Span[], number: number): number {
  let value = 0;
  for (const span of spans) {
    const field = new FieldReader(skeleton, span.start, span.end);
    while (field.next()) if (field.number === number && field.isVarint) value = field.int32();
  }
  return value;
}

function readString(skeleton: Skeleton, spans: readonly Span[], number: number): string {
  const last = messages(skeleton, spans, number).at(-1);
  return last ? decodeText(skeleton.bytes, last.start, last.end) : '';
}

/** Writes a `TypeProto`'s content. */
export function writeType(out: Composer, type: TypeInfo): void {
  const denotation = () => {
    if (type.denotation !== undefined) out.string(TypeField.denotation, type.denotation);
  };
  // In the order of the field numbers: three cases stand before the denotation, three after it.
  switch (type.kind) {
    case 'tensor':
      out.message(TypeField.tensorType, (inner) => writeTensorType(inner, type));
      denotation();
      return;
    case 'sequence':
      out.message(TypeField.sequenceType, (inner) => writeInnerType(inner, TypeCaseField.elemType, type.elemType));
      denotation();
      return;
    case 'map':
      out.message(TypeField.mapType, (inner) => {
        inner.int(TypeCaseField.keyType, type.keyType);
        writeInnerType(inner, TypeCaseField.valueType, type.valueType);
      });
      denotation();
      return;
    case 'opaque':
      denotation();
      out.message(TypeField.opaqueType, (inner) => {
        if (type.domain !== '') inner.string(TypeCaseField.domain, type.domain);
        if (type.name !== '') inner.string(TypeCaseField.name, type.name);
      });
      return;
    case 'sparse':
      denotation();
      out.message(TypeField.sparseTensorType, (inner) => writeTensorType(inner, type));
      return;
    case 'optional':
      denotation();
      out.message(TypeField.optionalType, (inner) => writeInnerType(inner, TypeCaseField.elemType, type.elemType));
  }
}

function writeTensorType(out: Composer, type: TensorTypeInfo): void {
  if (type.elemType !== 0) out.int(TypeCaseField.elemType, type.elemType);
  const { shape } = type;
  if (shape === undefined) return;
  out.message(TypeCaseField.shape, (inner) => {
    shape.forEach((size, axis) => {
      inner.message(ShapeField.dim, (dim) => {
        if (typeof size === 'number') dim.int(DimensionField.dimValue, size);
        else if (size !== undefined) dim.string(DimensionField.dimParam, size);
        const denotation = type.dimDenotations?.[axis];
        if (denotation !== undefined) dim.string(DimensionField.denotation, denotation);
      });
    });
  });
}

function writeInnerType(out: Composer, number: number, type: TypeInfo | undefined): void {
  if (type !== undefined) out.message(number, (inner) => writeType(inner, type));
}
