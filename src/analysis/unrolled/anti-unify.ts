import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { Inference } from '../infer.js';
import type { Access, Accesses } from './accesses.js';
import { operationKey } from './fingerprints.js';
import { Mismatch, type Step, type Term } from './template.js';

/** What decides where the body of a loop begins. */
export interface Scope {
  /** Is it a row that the loop goes through? Rows of other axes are taken by operators like any other. */
  isRow(access: Access): boolean;
  /** Of a value that all copies read: does the loop leave it alone? Only asked where there is a single copy. */
  isShared(value: Value): boolean;
  /** What is read in every round where copies are not written down, but a loop is: of the only copy's values. */
  termOf?(value: Value): Term | undefined;
}

interface Task {
  readonly tuple: readonly Value[];
  /** Only the shape of the values is looked at. */
  readonly shapeOnly: boolean;
}

/**
 * Anti-unification: the most special term that all given values, copies of a loop's body, are instances of. Goes up from
 * the values, all copies at once; every tuple of values is looked at once.
 */
export class AntiUnifier {
  readonly #inference: Inference;
  readonly #accesses: Accesses;
  readonly #scope: Scope;
  readonly #terms = new Map<Value, { task: Task; term: Term }[]>();
  readonly #steps = new Map<Value, { tuple: readonly Value[]; step: Step }[]>();

  constructor(inference: Inference, accesses: Accesses, scope: Scope) {
    this.#inference = inference;
    this.#accesses = accesses;
    this.#scope = scope;
  }

  /** The term of the values, the i-th being that of copy i. */
  unify(values: readonly Value[]): Term | Mismatch {
    const root = this.#task(values, false);
    const stack = [root];
    while (stack.length > 0) {
      const task = stack[stack.length - 1] as Task;
      if (this.#find(task) !== undefined) {
        stack.pop();
        continue;
      }
      const leaf = this.#leaf(task);
      if (leaf instanceof Mismatch) return leaf;
      if (leaf !== undefined) {
        this.#keep(task, leaf);
        continue;
      }
      const inputs = this.#inputs(task);
      if (inputs instanceof Mismatch) return inputs;
      const missing = inputs.filter((input) => input !== undefined && this.#find(input) === undefined);
      if (missing.length > 0) stack.push(...(missing as Task[]));
      else this.#keep(task, this.#computed(task, inputs));
    }
    return this.#find(root) as Term;
  }

  #task(values: readonly Value[], shapeOnly: boolean): Task {
    return { tuple: values.map((value) => this.#accesses.resolve(value)), shapeOnly };
  }

  #find({ tuple, shapeOnly }: Task): Term | undefined {
    const [first] = tuple as [Value];
    const entries = this.#terms.get(first);
    return entries?.find((entry) => entry.task.shapeOnly === shapeOnly && sameTuple(entry.task.tuple, tuple))?.term;
  }

  #keep(task: Task, term: Term): void {
    const [first] = task.tuple as [Value];
    this.#terms.set(first, [...(this.#terms.get(first) ?? []), { task, term }]);
  }

  /** The term of values that are not computed in the body; undefined for others. */
  #leaf({ tuple, shapeOnly }: Task): Term | Mismatch | undefined {
    const [value] = tuple as [Value];
    const { constants } = this.#inference;
    if (constants.isConstant(value)) {
      if (!tuple.every((other) => constants.isConstant(other))) return new Mismatch('only some copies read a constant');
      return this.#constants(tuple);
    }
    const single = tuple.length === 1;
    const given = this.#scope.termOf?.(value);
    if (given !== undefined) return given;
    if (single ? this.#scope.isShared(value) : tuple.every((other) => other === value))
      return { kind: 'shared', value };
    const rows = this.#rows(tuple, shapeOnly);
    if (rows !== undefined) return { kind: 'rows', value, access: rows };
    if (value.producer === undefined) return new Mismatch(`copies read different inputs (${value.name} ...)`);
    return undefined;
  }

  #constants(tuple: readonly Value[]): Term | Mismatch {
    const [value] = tuple as [Value];
    if (tuple.every((other) => other === value)) return { kind: 'shared', value };
    const { constants } = this.#inference;
    const tensors = tuple.map((other) => constants.dense(other));
    const first = tensors[0];
    if (first === undefined) return new Mismatch(`${value.name} cannot be read`);
    if (tensors.every((tensor) => tensor !== undefined && sameTensor(tensor, first))) return { kind: 'shared', value };
    const fits = tensors.every((tensor) => tensor?.dtype === first.dtype && `${tensor.shape}` === `${first.shape}`);
    if (!fits) return new Mismatch(`copies read constants of different shapes (${value.name} ...)`);
    return { kind: 'constants', value, copies: tuple };
  }

  /** Row i in copy i of one tensor. */
  #rows(tuple: readonly Value[], shapeOnly: boolean): Access | undefined {
    const accesses = tuple.map((value) => this.#accesses.of(value));
    const [first] = accesses;
    if (first === undefined || !this.#scope.isRow(first)) return undefined;
    const sourceOf = (access: Access) => {
      const source = this.#accesses.resolve(access.source);
      return shapeOnly ? this.#sameShape(source) : source;
    };
    const source = sourceOf(first);
    const inOrder = accesses.every(
      (access, i) =>
        access !== undefined &&
        access.index === i &&
        access.axis === first.axis &&
        access.kept === first.kept &&
        (access.count ?? tuple.length) === tuple.length &&
        sourceOf(access) === source,
    );
    return inOrder ? { ...first, source } : undefined;
  }

  /** A value of the same shape, as early in the graph as it can be found: what is written into row by row keeps its shape. */
  #sameShape(value: Value): Value {
    let current = value;
    for (let node = current.producer; node !== undefined; node = current.producer) {
      const keeps = node.domain === '' && ['ScatterND', 'ScatterElements', 'Scatter'].includes(node.opType);
      const [data] = node.inputs;
      if (!keeps || data === undefined) break;
      current = this.#accesses.resolve(data);
    }
    return current;
  }

  #inputs({ tuple }: Task): (Task | undefined)[] | Mismatch {
    const [value] = tuple as [Value];
    const node = value.producer;
    if (node === undefined) return new Mismatch(`copies read different inputs (${value.name} ...)`);
    const key = operationKey(node);
    for (const other of tuple) {
      const twin = other.producer;
      if (twin === node && tuple.length > 1 && other !== value) return new Mismatch(`${value.name} has no copies`);
      const isSame =
        twin !== undefined &&
        other.outputIndex === value.outputIndex &&
        twin.inputs.length === node.inputs.length &&
        (twin === node || operationKey(twin) === key);
      if (!isSame)
        return new Mismatch(`${node.opType} (${value.name}) is ${twin?.opType ?? 'an input'} in another copy`);
    }
    const shapeOnly = node.opType === 'Shape' && node.domain === '';
    const tasks: (Task | undefined)[] = [];
    for (let i = 0; i < node.inputs.length; i++) {
      const values = tuple.map((other) => other.producer?.inputs[i]);
      if (values.every((input) => input === undefined)) tasks.push(undefined);
      else if (values.every((input) => input !== undefined)) {
        const task = this.#task(values, shapeOnly);
        tasks.push(shapeOnly ? { ...task, tuple: task.tuple.map((input) => this.#sameShape(input)) } : task);
      } else return new Mismatch(`${node.opType} (${value.name}) has an input more in another copy`);
    }
    return tasks;
  }

  #computed(task: Task, inputs: readonly (Task | undefined)[]): Term {
    const [value] = task.tuple as [Value];
    const terms = inputs.map((input) => input && this.#find(input));
    // What only reads shared values is the same in every copy. In a subgraph, it cannot be read from outside.
    const isSeen = value.graph.parent === undefined;
    if (isSeen && terms.every((term) => term === undefined || term.kind === 'shared')) return { kind: 'shared', value };
    const node = value.producer as NonNullable<typeof value.producer>;
    const known = this.#steps.get(node.outputs[0] ?? value) ?? [];
    const nodes = task.tuple.map((other) => other.producer?.outputs[0] ?? other);
    let step = known.find((entry) => sameTuple(entry.tuple, nodes))?.step;
    if (step === undefined) {
      step = { node, inputs: terms };
      this.#steps.set(node.outputs[0] ?? value, [...known, { tuple: nodes, step }]);
    }
    return { kind: 'computed', value, step };
  }
}

function sameTuple(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** The same type, shape and bits. */
export function sameTensor(a: DenseTensor, b: DenseTensor): boolean {
  if (a === b) return true;
  if (a.dtype !== b.dtype || a.data.length !== b.data.length || `${a.shape}` !== `${b.shape}`) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}
