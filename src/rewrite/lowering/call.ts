import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { asNumbers } from '../../ops/lib/alloc.js';
import type { TensorFacts } from '../../ops/types.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import type { Builder } from '../builder.js';
import type { Arguments } from './arguments.js';
import type { Knowledge, Meanings } from './knowledge.js';
import { Refusal } from './refusal.js';

/** One call of an operator that is to be lowered: its arguments, what is known of them, and what to write with. */
export class Call {
  readonly node: Node;
  readonly build: Builder;
  readonly #args: Arguments;
  readonly #knowledge: Knowledge;
  readonly #meanings: Meanings;

  constructor(node: Node, build: Builder, args: Arguments, knowledge: Knowledge, meanings: Meanings) {
    this.node = node;
    this.build = build;
    this.#args = args;
    this.#knowledge = knowledge;
    this.#meanings = meanings;
  }

  /** Is the argument given, and not None? */
  has(name: string): boolean {
    return this.#args.value(name) !== undefined || this.#args.attribute(name) !== undefined;
  }

  /** A tensor. @throws Refusal when it is missing */
  tensor(name: string): Value {
    const value = this.optional(name);
    if (value === undefined) throw new Refusal(`its argument ${name} is missing`);
    return value;
  }

  /** A tensor that may be None. */
  optional(name: string): Value | undefined {
    return this.#args.value(name);
  }

  /** A real tensor. @throws Refusal when it is missing or complex */
  real(name: string): Value {
    const value = this.tensor(name);
    if (this.isComplex(value)) throw new Refusal(`its argument ${name} is complex, which it has no lowering for`);
    return value;
  }

  /** A list of tensors: what made the list is looked through. Entries may be None. */
  list(name: string): readonly (Value | undefined)[] {
    const values = this.#args.values(name);
    const [value] = values;
    if (values.length !== 1 || value === undefined) return values;
    const known = this.#meanings.lists.get(value);
    if (known !== undefined) return known;
    const { producer } = value;
    if (producer?.opType === 'ListConstruct' || producer?.opType === 'SequenceConstruct') return producer.inputs;
    return values;
  }

  /** A list of tensors without gaps. @throws Refusal for None */
  tensors(name: string): Value[] {
    return this.list(name).map((value) => {
      if (value === undefined) throw new Refusal(`its argument ${name} has gaps`);
      return value;
    });
  }

  /** A whole number that does not depend on the input. @throws Refusal when it does, or is missing without a default */
  int(name: string, otherwise?: number): number {
    return this.#number(name, otherwise);
  }

  float(name: string, otherwise?: number): number {
    return this.#number(name, otherwise);
  }

  bool(name: string, otherwise?: boolean): boolean {
    return this.#number(name, otherwise === undefined ? undefined : Number(otherwise)) !== 0;
  }

  #number(name: string, otherwise: number | undefined): number {
    const list = this.numbers(name);
    if (list === undefined) {
      if (otherwise === undefined) throw new Refusal(`its argument ${name} is missing`);
      return otherwise;
    }
    if (list.length !== 1) throw new Refusal(`its argument ${name} has ${list.length} elements instead of one`);
    return list[0] as number;
  }

  /** A list of numbers; undefined for None. @throws Refusal when it depends on the input */
  numbers(name: string): number[] | undefined {
    const attribute = this.#args.attribute(name);
    if (attribute !== undefined) {
      const found = attribute.asInts() ?? attribute.asFloats() ?? one(attribute.asInt()) ?? one(attribute.asFloat());
      const dense = found === undefined ? attribute.asTensor()?.dense() : undefined;
      const list = found ?? (dense && Array.from(asNumbers(dense)));
      if (list === undefined) throw new Refusal(`its attribute ${name} is not a number`);
      return Array.from(list, Number);
    }
    const values = this.list(name);
    if (!this.has(name)) return undefined;
    return values.flatMap((value) => Array.from(this.#elements(value, name)));
  }

  /** A list of whole numbers. @throws Refusal when it is missing or depends on the input */
  ints(name: string, otherwise?: readonly number[]): number[] {
    const list = this.numbers(name) ?? (otherwise && [...otherwise]);
    if (list === undefined) throw new Refusal(`its argument ${name} is missing`);
    return list;
  }

  /** A text: an attribute, or what a Constant node with a text holds. */
  text(name: string, otherwise?: string): string {
    const attribute = this.#args.attribute(name);
    const value = this.#args.value(name);
    const constant = value?.producer?.opType === 'Constant' ? value.producer.attributes : undefined;
    const inner = constant?.get('value') ?? constant?.get('value_string');
    const stored =
      inner?.asTensor() ?? (value?.initializer?.dataType === DataType.STRING ? value.initializer : undefined);
    const text =
      (attribute ?? inner)?.asString() ?? (stored?.dataType === DataType.STRING ? stored.dense().data[0] : undefined);
    if (typeof text === 'string') return text;
    if (otherwise === undefined || value !== undefined) throw new Refusal(`its argument ${name} is not a known text`);
    return otherwise;
  }

  #elements(value: Value | undefined, name: string): ArrayLike<number> {
    const dense = value && this.constant(value);
    if (dense !== undefined) return asNumbers(dense);
    throw new Refusal(`its argument ${name} is not constant`);
  }

  /** The elements of a value that is the same in every run. */
  constant(value: Value) {
    return this.#knowledge.constant(value);
  }

  /** Is the argument the same in every run (or None)? */
  isConstant(name: string): boolean {
    const attribute = this.#args.attribute(name);
    return attribute !== undefined || this.list(name).every((value) => value === undefined || this.constant(value));
  }

  /** Does it hold complex numbers, as a last axis of two? */
  isComplex(value: Value): boolean {
    return this.#meanings.complex.has(value);
  }

  /** Says that a value holds complex numbers. */
  complex(value: Value): Value {
    this.#meanings.complex.add(value);
    return value;
  }

  /** Marks the result as complex if the operand is. */
  like(operand: Value, result: Value): Value {
    return this.isComplex(operand) ? this.complex(result) : result;
  }

  facts(value: Value): TensorFacts | undefined {
    const facts = this.#knowledge.facts(value);
    return facts?.kind === 'tensor' ? facts : undefined;
  }

  /** Number of axes, without that of real and imaginary part. @throws Refusal when it is not known */
  rank(value: Value): number {
    const rank = this.knownRank(value);
    if (rank === undefined) throw new Refusal(`the number of axes of ${value.name} is not known`);
    return rank;
  }

  knownRank(value: Value): number | undefined {
    const rank = this.facts(value)?.shape?.length;
    return rank === undefined ? undefined : rank - (this.isComplex(value) ? 1 : 0);
  }

  /** The size of an axis, where it is a number; the axis counts as the operator counts it. */
  knownSize(value: Value, axis: number): number | undefined {
    const shape = this.facts(value)?.shape;
    const rank = this.knownRank(value);
    return rank === undefined ? undefined : shape?.[axis < 0 ? axis + rank : axis]?.value;
  }

  /** Element type; float where nothing is known. */
  dtype(value: Value): number {
    return this.knownType(value) ?? DataType.FLOAT;
  }

  knownType(value: Value): number | undefined {
    return this.facts(value)?.dtype;
  }

  /** The axis as ONNX counts it: from the end, the axis of real and imaginary part comes first. */
  axis(value: Value, axis: number): number {
    return axis < 0 && this.isComplex(value) ? axis - 1 : axis;
  }

  /** The axis counted from the front. @throws Refusal when the number of axes is not known */
  positive(value: Value, axis: number): number {
    return axis < 0 ? axis + this.rank(value) : axis;
  }

  /** Is the value a number in a constant of rank 0, which takes the type of what it meets? */
  isNumber(value: Value): boolean {
    const shape = this.facts(value)?.shape;
    return shape?.length === 0 && this.constant(value) !== undefined;
  }

  /** The number in a constant of one element. */
  numberIn(value: Value): number | undefined {
    const dense = this.constant(value);
    return dense && elementCount(dense.shape) === 1 ? asNumbers(dense)[0] : undefined;
  }
}

function one<T>(value: T | undefined): T[] | undefined {
  return value === undefined ? undefined : [value];
}
