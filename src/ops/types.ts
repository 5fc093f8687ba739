/** The contract between the operator families and whoever infers or evaluates with them. */
import type { Dim } from '../symbolic/dim.js';
import type { Scalar } from '../symbolic/scalar.js';
import type { DenseTensor } from '../tensor/dense.js';

/** A shape: one entry an axis, `undefined` where the size is not known. */
export type Shape = readonly (Dim | undefined)[];

/** What is known of a tensor value. Everything optional: partial knowledge is kept. */
export interface TensorFacts {
  readonly kind: 'tensor';
  /** Element type (`TensorProto.DataType`), undefined when unknown. */
  readonly dtype?: number | undefined;
  /** Undefined when even the rank is unknown. */
  readonly shape?: Shape | undefined;
  /**
   * Elements in row-major order, where known; only kept for tensors of at most {@link CONTENT_LIMIT} elements whose
   * shape is all numbers. Integers and bools (0/1) are `Dim`; see {@link Scalar} for floats.
   */
  readonly content?: readonly (Scalar | undefined)[] | undefined;
  /** What every element is, where all are the same; known of tensors of any size, symbolic ones too. */
  readonly fill?: Scalar | undefined;
}

export interface SequenceFacts {
  readonly kind: 'sequence';
  /** What every element is known to be (the join of all elements). */
  readonly element?: Facts | undefined;
  /** Element by element, when the length is known at inference time. */
  readonly elements?: readonly Facts[] | undefined;
}
export interface OptionalFacts {
  readonly kind: 'optional';
  readonly element?: Facts | undefined;
}
export interface MapFacts {
  readonly kind: 'map';
  readonly keyType: number;
  readonly value?: Facts | undefined;
}
export interface SparseFacts {
  readonly kind: 'sparse';
  readonly dtype?: number | undefined;
  readonly shape?: Shape | undefined;
}
export type Facts = TensorFacts | SequenceFacts | OptionalFacts | MapFacts | SparseFacts;

/** Contents longer than this are not tracked symbolically (constants of any size can still be read). */
export const CONTENT_LIMIT = 1024;

/** Typed access to a node's attributes; every getter returns the given default when the attribute is absent. */
export interface Attributes {
  has(name: string): boolean;
  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | undefined;
  /** The same without rounding: 2^63 - 1, where a Slice ends. One integer for an attribute of a single one. */
  exactInts?(name: string): readonly bigint[] | undefined;
  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  floats(name: string): readonly number[] | undefined;
  string(name: string): string | undefined;
  string(name: string, otherwise: string): string;
  strings(name: string): readonly string[] | undefined;
  /** A tensor attribute, read into memory. */
  tensor(name: string): DenseTensor | undefined;
  /** Type and shape of a tensor attribute, without reading it; absent where that is no cheaper. */
  tensorType?(name: string): { readonly dtype: number; readonly shape: readonly number[] } | undefined;
  /** The declared facts of a type_proto attribute. */
  type(name: string): Facts | undefined;
}

/** A subgraph attribute as a function on facts (If branches, Loop and Scan bodies). */
export interface SubgraphInference {
  readonly inputCount: number;
  readonly outputCount: number;
  /** A branch that runs at a single size only, and says nothing of the others. */
  readonly isSpecial?: boolean;
  /** Infer the body for these inputs (missing entries: as the body's own input declares). Returns its outputs' facts. */
  infer(inputs: readonly (Facts | undefined)[]): readonly (Facts | undefined)[];
}

/** What a shape rule sees. One is made per node and visit. */
export interface InferContext {
  readonly opType: string;
  /** '' for ai.onnx. */
  readonly domain: string;
  /** The version of the node's domain that the model (or function) imports. */
  readonly opset: number;
  readonly attributes: Attributes;
  readonly inputCount: number;
  readonly outputCount: number;
  /** Is input i given (not the empty name)? */
  hasInput(i: number): boolean;
  hasOutput(i: number): boolean;
  input(i: number): Facts | undefined;
  /** Input i's tensor facts; undefined when absent or not a tensor. */
  tensor(i: number): TensorFacts | undefined;
  dtype(i: number): number | undefined;
  shape(i: number): Shape | undefined;
  /** Input i's elements when known (symbolic or constant); undefined when any element's existence is unknown. */
  content(i: number): readonly (Scalar | undefined)[] | undefined;
  /** Input i's value when it is a constant of any size: reads the payload, folding constant producers. Costly for weights. */
  constant(i: number): DenseTensor | undefined;
  subgraph(attribute: string): SubgraphInference | undefined;
  /**
   * States that two sizes are equal in every run, and returns the one to go on with. When they provably differ
   * (a literal against an expression in the input symbols, two different literals) the conflict is recorded with
   * `what` (a few words: 'inner dimension of MatMul'), never thrown. No conflict: an
   * expression that is the number for all sizes but small ones, as min(T, 4) is 4. Unknown (undefined) gives way to known.
   */
  unify(
    a: Dim | undefined,
    b: Dim | undefined,
    what: string,
    where?: { input: number; axis: number }[],
  ): Dim | undefined;
  /** Numpy broadcasting of the shapes of the given inputs (default: all), through `unify` axis by axis. */
  broadcast(inputs?: readonly number[]): Shape | undefined;
  /** A size that depends on data (NonZero, Unique ...): a fresh symbol that stands for it from here on. */
  fresh(hint: string): Dim;
  /** Sets output i. Call once an output; an output never set stays unknown. */
  setOutput(i: number, facts: Facts | undefined): void;
  /** Shorthand for a tensor. */
  setTensor(
    i: number,
    dtype: number | undefined,
    shape: Shape | undefined,
    content?: readonly (Scalar | undefined)[],
  ): void;
  /** Says why something stays unknown ('depends on the data of input 1'); shown by reports. */
  unknown(reason: string): void;
}

/** What evaluation sees: concrete inputs in, concrete outputs out. */
export interface EvalContext {
  readonly opType: string;
  readonly domain: string;
  readonly opset: number;
  readonly attributes: Attributes;
  /** undefined where the optional input is absent. */
  readonly inputs: readonly (DenseTensor | undefined)[];
  readonly outputCount: number;
  /**
   * May the result use the storage of input i, because nobody else reads it? To be asked only by who then does so; whoever
   * does not ask shares no storage with an input. Keeps long chains of ScatterND linear. Absent: no.
   */
  mayOverwrite?(i: number): boolean;
}

/** An operator of one domain, all its versions: a rule branches on `opset` where versions differ. */
export interface OpDefinition {
  readonly name: string;
  /** Default '' (ai.onnx). */
  readonly domain?: string;
  /**
   * Shape, dtype and (symbolic) content of the outputs. Data movement and integer arithmetic must carry content, since
   * shapes are computed that way in exported graphs (Shape -> Gather -> Concat -> Reshape).
   */
  readonly infer?: (ctx: InferContext) => void;
  /**
   * The operator on concrete values, as onnxruntime computes it. Throws `EvaluationError` (one sentence) on invalid
   * input or an unsupported variant; never returns a guess. Absent: the op is not folded (random, stateful ...).
   */
  readonly evaluate?: (ctx: EvalContext) => DenseTensor[];
}

/** Thrown by `evaluate` when the op cannot be computed on these inputs. */
export class EvaluationError extends Error {
  override name = 'EvaluationError';
}
