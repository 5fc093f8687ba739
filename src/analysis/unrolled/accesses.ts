import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import { integerOf, integersOf } from './numbers.js';
import { resolve } from './resolve.js';

/** A value that is one row of another along an axis: `x[i]`, `x[:, i:i+1]`, output i of Split. */
export interface Access {
  readonly source: Value;
  readonly axis: number;
  readonly index: number;
  /** Is the axis kept, with size 1? Else it is dropped. */
  readonly kept: boolean;
  /** Into how many rows the source is taken apart, where the operator says so and fails at any other number. */
  readonly count?: number;
}

/** Recognises rows that are taken out of a tensor, in every form that exporters give them. */
export class Accesses {
  readonly #inference: Inference;
  readonly #known = new Map<Value, Access | undefined>();
  readonly #resolved = new Map<Value, Value>();
  readonly #keepsRow = (value: Value, axis: number) => {
    const access = this.of(this.resolve(value));
    return access?.kept === true && (access.axis === axis || access.axis - (this.#rank(value) ?? 0) === axis);
  };

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  /** The value behind names for it, see {@link resolve}. */
  resolve(value: Value): Value {
    const { producer } = value;
    if (producer === undefined) return value;
    const known = this.#resolved.get(value);
    if (known !== undefined) return known;
    const result = resolve(value, this.#inference, this.#keepsRow);
    this.#resolved.set(value, result);
    return result;
  }

  /** How the value is a row of another one; undefined when it is something else. */
  of(value: Value): Access | undefined {
    const node = value.producer;
    if (node === undefined || node.domain !== '' || this.#inference.constants.isConstant(value)) return undefined;
    if (this.#known.has(value)) return this.#known.get(value);
    const access = this.#read(node, value);
    this.#known.set(value, access);
    return access;
  }

  #read(node: Node, value: Value): Access | undefined {
    switch (node.opType) {
      case 'Split':
        return this.#ofSplit(node, value);
      case 'Gather':
        return this.#ofGather(node);
      case 'Slice':
        return this.#ofSlice(node);
      case 'SequenceAt':
        return this.#ofSequence(node);
      case 'Squeeze':
        return this.#ofSqueeze(node);
      default:
        return undefined;
    }
  }

  #rank(value: Value): number | undefined {
    return this.#inference.shape(value)?.length;
  }

  #axis(axis: number, source: Value): number | undefined {
    if (axis >= 0) return axis;
    const rank = this.#rank(source);
    return rank === undefined ? undefined : axis + rank;
  }

  #ofSplit(node: Node, value: Value): Access | undefined {
    const [source, sizesInput] = node.inputs;
    const axis = source && this.#axis(Number(node.attributes.get('axis')?.asInt() ?? 0), source);
    if (source === undefined || axis === undefined) return undefined;
    const sizes = node.attributes.get('split')?.asInts()?.map(Number) ?? integersOf(sizesInput, this.#inference);
    if (
      sizes === undefined ? sizesInput !== undefined || !this.#isSqueezed(node, axis) : !sizes.every((s) => s === 1)
    ) {
      return undefined;
    }
    return { source, axis, index: value.outputIndex as number, kept: true, count: node.outputs.length };
  }

  /** Equal parts of a size that is not written down are single rows where their axis is dropped. */
  #isSqueezed(node: Node, axis: number): boolean {
    return node.outputs.every((output) => {
      if (output === undefined) return false;
      if (this.#inference.shape(output)?.[axis]?.equals(1)) return true;
      return output.uses.length > 0 && output.uses.every((use) => this.#squeezedAxis(use.node) === axis);
    });
  }

  #ofGather(node: Node): Access | undefined {
    const [source, indices] = node.inputs;
    if (source === undefined || indices === undefined) return undefined;
    const index = integerOf(indices, this.#inference);
    const rank = this.#inference.constants.dense(indices)?.shape.length;
    const axis = this.#axis(Number(node.attributes.get('axis')?.asInt() ?? 0), source);
    if (index === undefined || index < 0 || axis === undefined || rank === undefined || rank > 1) return undefined;
    return { source, axis, index, kept: rank === 1 };
  }

  #ofSlice(node: Node): Access | undefined {
    const [source, startsInput, endsInput, axesInput, stepsInput] = node.inputs;
    if (source === undefined) return undefined;
    const list = (name: string, input: Value | undefined) =>
      node.attributes.get(name)?.asInts()?.map(Number) ?? integersOf(input, this.#inference);
    const starts = list('starts', startsInput);
    const ends = list('ends', endsInput);
    const axes = list('axes', axesInput) ?? (axesInput === undefined ? [0] : undefined);
    const [step] = stepsInput === undefined ? [1] : (integersOf(stepsInput, this.#inference) ?? []);
    const [start] = starts ?? [];
    const [end] = ends ?? [];
    const axis = axes?.length === 1 ? this.#axis(axes[0] as number, source) : undefined;
    if (starts?.length !== 1 || start === undefined || start < 0 || end !== start + 1 || axis === undefined) {
      return undefined;
    }
    return step === 1 ? { source, axis, index: start, kept: true } : undefined;
  }

  #ofSequence(node: Node): Access | undefined {
    const [list, position] = node.inputs;
    const split = list?.producer;
    if (split?.opType !== 'SplitToSequence' || position === undefined) return undefined;
    const [source, sizes] = split.inputs;
    const index = integerOf(position, this.#inference);
    const axis = source && this.#axis(Number(split.attributes.get('axis')?.asInt() ?? 0), source);
    if (source === undefined || index === undefined || index < 0 || axis === undefined) return undefined;
    if (sizes === undefined) {
      return { source, axis, index, kept: Number(split.attributes.get('keepdims')?.asInt() ?? 1) === 1 };
    }
    const ones = integersOf(sizes, this.#inference);
    if (!ones?.every((size) => size === 1)) return undefined;
    const isList = this.#inference.constants.dense(sizes)?.shape.length === 1;
    return { source, axis, index, kept: true, ...(isList ? { count: ones.length } : {}) };
  }

  /** Dropping an axis of symbolic size says that there is one row. */
  #ofSqueeze(node: Node): Access | undefined {
    const [source] = node.inputs;
    const axis = this.#squeezedAxis(node);
    if (source === undefined || axis === undefined || this.of(this.resolve(source))?.kept) return undefined;
    return this.isSymbolic(source, axis) ? { source, axis, index: 0, kept: false, count: 1 } : undefined;
  }

  #squeezedAxis(node: Node): number | undefined {
    const [source, axesInput] = node.inputs;
    if (node.opType !== 'Squeeze' || node.domain !== '' || source === undefined) return undefined;
    const axes = node.attributes.get('axes')?.asInts()?.map(Number) ?? integersOf(axesInput, this.#inference);
    return axes?.length === 1 ? this.#axis(axes[0] as number, source) : undefined;
  }

  /** Is the size of the axis one that the caller of the model chooses? */
  isSymbolic(source: Value, axis: number): boolean {
    const dim = this.#inference.shape(source)?.[axis];
    return dim !== undefined && !dim.isNumber && !dim.hasFresh;
  }
}
