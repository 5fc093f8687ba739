import { FieldReader } from '../format/field-reader.js';
import type { NameTable } from '../format/name-table.js';
import { AttributeField, NodeField } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';
import { decodeText } from '../format/text.js';
import { type Place, placeOf } from './document-part.js';
import { normalizeDomain } from './opset-imports.js';

/** Numbers of the names that nodes read and make, node after node, and where each node's end. */
export class NodeEnds {
  readonly inputs: number[] = [];
  readonly inputCounts: number[] = [];
  readonly outputs: number[] = [];
  readonly outputCounts: number[] = [];
}

/** What a node is. */
export interface NodeHead {
  readonly opType: string;
  readonly domain: string;
  /** Are there graphs in its attributes? */
  readonly hasGraphs: boolean;
}

/** Reads what a node is, and what it reads and makes. */
export function readHead({ skeleton, start, end }: Place, names: NameTable, ends?: NodeEnds): NodeHead {
  let opType = '';
  let domain = '';
  let hasGraphs = false;
  const field = new FieldReader(skeleton, start, end);
  while (field.next()) {
    if (!field.isBytes) continue;
    switch (field.number) {
      case NodeField.input:
        ends?.inputs.push(names.intern(field.start, field.end));
        break;
      case NodeField.output:
        ends?.outputs.push(names.intern(field.start, field.end));
        break;
      case NodeField.opType:
        opType = names.text(names.intern(field.start, field.end));
        break;
      case NodeField.domain:
        domain = normalizeDomain(names.text(names.intern(field.start, field.end)));
        break;
      case NodeField.attribute:
        hasGraphs ||= holdsGraphs(skeleton, field.start, field.end);
        break;
    }
  }
  ends?.inputCounts.push(ends.inputs.length);
  ends?.outputCounts.push(ends.outputs.length);
  return { opType, domain, hasGraphs };
}

/** What nodes say for people to read. */
export interface NodeTexts {
  name: string;
  overload: string;
  docString: string;
}

/** Reads a node's texts. */
export function readNodeTexts({ skeleton, start, end }: Place): NodeTexts {
  const texts = { name: '', overload: '', docString: '' };
  const field = new FieldReader(skeleton, start, end);
  while (field.next()) {
    if (!field.isBytes) continue;
    if (field.number === NodeField.name) texts.name = decodeText(skeleton.bytes, field.start, field.end);
    else if (field.number === NodeField.overload) texts.overload = decodeText(skeleton.bytes, field.start, field.end);
    else if (field.number === NodeField.docString) texts.docString = decodeText(skeleton.bytes, field.start, field.end);
  }
  return texts;
}

/** The places of a node's fields with a number. */
export function placesOf(place: Place | undefined, number: number): Place[] {
  const places: Place[] = [];
  if (place === undefined) return places;
  const field = new FieldReader(place.skeleton, place.start, place.end);
  while (field.next()) if (field.number === number && field.isBytes) places.push(placeOf(field));
  return places;
}

function holdsGraphs(skeleton: Skeleton, start: number, end: number): boolean {
  const field = new FieldReader(skeleton, start, end);
  while (field.next()) {
    if (field.isBytes && (field.number === AttributeField.g || field.number === AttributeField.graphs)) return true;
  }
  return false;
}
