import type { Chunk, Rewrites } from '../format/composer.js';
import { FormatError } from '../format/format-error.js';
import { checkLocation } from '../format/locations.js';
import type { FieldWriter } from '../format/rewrite-message.js';
import { EntryField, TensorField } from '../format/schema.js';
import type { Payload } from '../format/skeleton.js';
import type { Model } from './model.js';
import type { Tensor } from './tensor.js';
import { type TensorPlace, walkTensors } from './tensor-walk.js';

/** Where a saved model's tensors keep their elements. */
export type Placement =
  /** As in the document. Only external data of another model is brought into the file. */
  | { readonly kind: 'keep' }
  /** All in the file itself. */
  | { readonly kind: 'inline' }
  /** What is large in data files, of which none exceeds `maxFileSize` unless one tensor does. */
  | {
      readonly kind: 'split';
      readonly maxFileSize: number;
      readonly threshold: number;
      readonly alignment: number;
      /** Name of the data file with this number. */
      readonly dataName: (index: number) => string;
    }
  /** What is large stays in the file that the model was read from. */
  | { readonly kind: 'overlay'; readonly original: string; readonly threshold: number };

/** A data file to write. */
export interface DataFile {
  readonly name: string;
  readonly chunks: Chunk[];
}

/** What a placement means for one save. */
export interface PlacedModel {
  readonly rewrites: Rewrites | undefined;
  readonly dataFiles: readonly DataFile[];
  /** Locations of external data that the result still refers to. */
  readonly kept: ReadonlySet<string>;
}

/** Elements of at least this size begin at a full multiple of the alignment, smaller ones at one of 64 bytes. */
const ALIGNED = 1 << 20;

/**
 * Works out which tensors are to be written otherwise than the document says.
 * @throws FormatError when external data is missing, too short, or not in the model's folder
 */
export function placeTensors(model: Model, placement: Placement): PlacedModel {
  const fields = new Map<object, Map<number, FieldWriter>>();
  const opened = new Set<object>();
  const dataFiles: DataFile[] = [];
  const kept = new Set<string>();
  const place = ({ tensor, within }: TensorPlace, replaced: Map<number, FieldWriter>) => {
    fields.set(tensor, replaced);
    opened.add(tensor);
    for (const part of within) opened.add(part);
  };
  switch (placement.kind) {
    case 'keep':
      if (!model._hasExternalData) break;
      for (const found of walkTensors(model)) {
        const { external, _place: origin } = found.tensor;
        if (external === undefined) continue;
        if (origin?.skeleton.source !== model.source) place(found, inlined(elementsOf(found.tensor)));
        else kept.add(checkLocation(model.source.name, external.location));
      }
      break;
    case 'inline':
      for (const found of walkTensors(model)) {
        if (found.tensor.external !== undefined) place(found, inlined(elementsOf(found.tensor)));
      }
      break;
    case 'overlay':
      for (const found of walkTensors(model, model._hasExternalData ? 0 : placement.threshold)) {
        const { tensor } = found;
        if (tensor.external !== undefined) kept.add(checkLocation(model.source.name, tensor.external.location));
        const payload = tensor.location === 'raw' ? tensor._raw : undefined;
        if (payload === undefined || payload.length < placement.threshold) continue;
        if (payload.source === model.source) place(found, moved(placement.original, payload.offset, payload.length));
      }
      break;
    case 'split': {
      const packer = new Packer(placement, dataFiles);
      for (const found of walkTensors(model, model._hasExternalData ? 0 : placement.threshold)) {
        const { tensor } = found;
        if (tensor.external === undefined && tensor.byteLength < placement.threshold) continue;
        const elements = tensor._elements();
        if (elements === undefined) continue;
        if (elements.length < placement.threshold) place(found, inlined(elements));
        else {
          const { location, offset } = packer.add(elements);
          place(found, moved(location, offset, elements.length));
        }
      }
      break;
    }
  }
  return { rewrites: opened.size > 0 ? { fields, opened } : undefined, dataFiles, kept };
}

function elementsOf(tensor: Tensor): Chunk {
  const elements = tensor._elements();
  if (elements === undefined) throw new FormatError(tensor.name, 'has no external data');
  return elements;
}

/** The fields of a tensor that keeps its elements itself. */
function inlined(elements: Chunk): Map<number, FieldWriter> {
  return new Map<number, FieldWriter>([
    [TensorField.rawData, (out) => out.copiedField(TensorField.rawData, elements)],
    [TensorField.externalData, () => undefined],
    [TensorField.dataLocation, (out) => out.int(TensorField.dataLocation, 0)],
  ]);
}

/** The fields of a tensor whose elements are in another file. */
function moved(location: string, offset: number, length: number): Map<number, FieldWriter> {
  const entries = { location, offset: String(offset), length: String(length) };
  return new Map<number, FieldWriter>([
    [TensorField.rawData, () => undefined],
    [
      TensorField.externalData,
      (out) => {
        for (const [key, value] of Object.entries(entries)) {
          out.message(TensorField.externalData, (inner) => {
            inner.string(EntryField.key, key);
            inner.string(EntryField.value, value);
          });
        }
      },
    ],
    [TensorField.dataLocation, (out) => out.int(TensorField.dataLocation, 1)],
  ]);
}

/** Lays elements out in data files, each run of bytes once. */
class Packer {
  readonly #options: Extract<Placement, { kind: 'split' }>;
  readonly #files: DataFile[];
  readonly #known = new Map<Payload['source'], Map<string, { location: string; offset: number }>>();
  #offset = 0;

  constructor(options: Extract<Placement, { kind: 'split' }>, files: DataFile[]) {
    this.#options = options;
    this.#files = files;
  }

  add(elements: Chunk): { location: string; offset: number } {
    if (elements instanceof Uint8Array) return this.#append(elements);
    let known = this.#known.get(elements.source);
    if (known === undefined) {
      known = new Map();
      this.#known.set(elements.source, known);
    }
    const key = `${elements.offset} ${elements.length}`;
    const place = known.get(key) ?? this.#append(elements);
    known.set(key, place);
    return place;
  }

  #append(elements: Chunk): { location: string; offset: number } {
    const { alignment, maxFileSize, dataName } = this.#options;
    const step = elements.length >= ALIGNED ? alignment : Math.min(alignment, 64);
    let offset = Math.ceil(this.#offset / step) * step;
    let file = this.#files.at(-1);
    if (file === undefined || (offset > 0 && offset + elements.length > maxFileSize)) {
      file = { name: dataName(this.#files.length), chunks: [] };
      this.#files.push(file);
      offset = 0;
      this.#offset = 0;
    }
    if (offset > this.#offset) file.chunks.push(new Uint8Array(offset - this.#offset));
    file.chunks.push(elements);
    this.#offset = offset + elements.length;
    return { location: file.name, offset };
  }
}
