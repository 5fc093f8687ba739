import type { Composer } from '../format/composer.js';
import { type FieldWriter, rewriteMessage } from '../format/rewrite-message.js';
import type { MessageSchema } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';

/** Where a message stands in the file: the field that holds it, and its content. */
export interface Place {
  readonly skeleton: Skeleton;
  /** Position of the field's tag. */
  readonly fieldStart: number;
  /** Position of the content. */
  readonly start: number;
  readonly end: number;
}

/** A message of the document that remembers its bytes in the file for as long as nobody changes it. */
export abstract class DocumentPart {
  /** @internal */
  readonly _place: Place | undefined;
  /** @internal What replaces fields of the original; undefined while nothing changed. */
  _replaced: Map<number, FieldWriter> | undefined;

  constructor(place: Place | undefined) {
    this._place = place;
    if (place === undefined) this._replaced = new Map();
  }

  /** @internal */
  protected abstract get _schema(): MessageSchema;

  /** @internal Replaces a field of the message. */
  _replace(number: number, writer: FieldWriter): void {
    this._replaced ??= new Map();
    this._replaced.set(number, writer);
  }

  /** @internal Writes the message as a field of its parent. */
  _writeField(out: Composer, number: number): void {
    const place = this._place;
    if (this._replaced === undefined && place !== undefined) out.range(place.skeleton, place.fieldStart, place.end);
    else out.message(number, (inner) => this._writeContent(inner));
  }

  /** @internal */
  protected _writeContent(out: Composer): void {
    rewriteMessage(
      out,
      this._schema,
      this._place?.skeleton,
      this._place ? [this._place] : [],
      this._replaced ?? new Map(),
    );
  }
}

/** The place of the field that a reader stands at. */
export function placeOf(field: {
  readonly skeleton: Skeleton;
  readonly fieldStart: number;
  readonly start: number;
  readonly end: number;
}): Place {
  return { skeleton: field.skeleton, fieldStart: field.fieldStart, start: field.start, end: field.end };
}
