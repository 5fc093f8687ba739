import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { operationKey } from '../unrolled/fingerprints.js';
import type { Clock } from './clocks.js';
import { localKeys } from './local-keys.js';
import { DEEPEST, type Operands } from './operands.js';

/** A value that a step hands on to the next one. */
export interface State {
  /** What the body reads: the value that the step before it made. */
  readonly read: Value;
  /** What the body makes in its place. */
  readonly write: Value;
}

/** What a value is to the step whose node reads it. */
export type Role = 'inner' | 'state' | 'part' | 'shared';

/**
 * The steps of a loop, matched node by node. One of them is the body; the images of its values are their counterparts in
 * the other steps.
 */
export class Steps {
  readonly clock: Clock;
  /** The step that serves as the body. */
  readonly base: number;
  readonly #operands: Operands;
  readonly #states = new Map<Value, Value>();
  readonly #images: Map<Value, Value>[];
  readonly #keys = new Map<Node, string>();
  #stateful: Set<Value> | undefined;

  private constructor(clock: Clock, base: number, operands: Operands) {
    this.clock = clock;
    this.base = base;
    this.#operands = operands;
    this.#images = Array.from({ length: clock.steps }, () => new Map());
  }

  /** Matches all steps after `base` with it; undefined when they are not copies of each other. */
  static match(clock: Clock, base: number, operands: Operands): Steps | undefined {
    const steps = new Steps(clock, base, operands);
    if (!steps.#matchNext()) return undefined;
    for (let step = base + 2; step < clock.steps; step++) if (!steps.#matchForward(step)) return undefined;
    return steps;
  }

  /** Nodes of the body, in the order of the graph. */
  get nodes(): readonly Node[] {
    return this.clock.nodesOf(this.base);
  }

  get states(): State[] {
    return [...this.#states].map(([read, write]) => ({ read, write }));
  }

  /** The counterpart of a value of the body in another step. */
  image(value: Value, step: number): Value | undefined {
    return step === this.base ? value : this.#images[step]?.get(value);
  }

  /** The node of another step that does what this one does in the body. */
  twinOf(node: Node, step: number): Node | undefined {
    if (step === this.base) return node;
    for (const output of node.outputs) {
      const image = output && this.image(output, step);
      if (image !== undefined) return image.producer;
    }
    return undefined;
  }

  role(value: Value): Role {
    const { clock, base } = this;
    if (clock.ticks.has(value)) return 'part';
    const time = clock.timeOf(value);
    if (time < 0) return 'shared';
    return time === base ? 'inner' : 'state';
  }

  /** Does a value of the body depend on what the step before made? In loops without a state, all count as if they did. */
  isStateful(value: Value): boolean {
    this.#stateful ??= this.#findStateful();
    return this.#states.size === 0 || this.#stateful.has(value);
  }

  #findStateful(): Set<Value> {
    const stateful = new Set(this.#states.keys());
    for (const node of this.nodes) {
      if (!node.inputs.some((input) => input !== undefined && stateful.has(input))) continue;
      for (const output of node.outputs) if (output !== undefined) stateful.add(output);
    }
    return stateful;
  }

  /** The value of a state when the step begins: what the one before left. */
  stateBefore(read: Value, step: number): Value | undefined {
    if (step === this.base) return read;
    const write = this.#states.get(read);
    return write && this.image(write, step - 1);
  }

  /** Finds the counterparts of nodes in an earlier step, given those of the states that it begins with. */
  matchFirst(step: number, before: ReadonlyMap<Value, Value>): void {
    this.#extend(step, (read) => before.get(read));
  }

  /** Says that two values are counterparts, and with them all that they are computed from. False if they are not. */
  unify(value: Value, other: Value, step: number, initial: Map<Value, Value>): boolean {
    const images = this.#images[step] as Map<Value, Value>;
    const stack: [Value, Value][] = [[value, other]];
    while (stack.length > 0) {
      const [mine, theirs] = stack.pop() as [Value, Value];
      const known = images.get(mine);
      if (known === theirs) continue;
      const [node, twin] = [mine.producer, theirs.producer];
      if (known !== undefined || node === undefined || twin === undefined || twin.graph !== node.graph) return false;
      if (mine.outputIndex !== theirs.outputIndex || this.#key(node) !== this.#key(twin)) return false;
      if (node.inputs.length !== twin.inputs.length) return false;
      for (const [i, input] of node.inputs.entries()) {
        const actual = twin.inputs[i];
        if (input === undefined || actual === undefined) {
          if (input !== actual) return false;
          continue;
        }
        const role = this.role(input);
        if (role === 'inner') stack.push([input, actual]);
        else if (role === 'state') {
          if ((initial.get(input) ?? actual) !== actual) return false;
          initial.set(input, actual);
        } else if (!this.#isCounterpart(input, actual, step, undefined)) return false;
      }
      node.outputs.forEach((output, i) => {
        const image = twin.outputs[i];
        if (output !== undefined && image !== undefined) images.set(output, image);
      });
    }
    return true;
  }

  /** Where the loop only begins after a step: what that step would give if it left the states as they are. */
  hold(step: number): void {
    const images = this.#images[step] as Map<Value, Value>;
    for (const [read, write] of this.#states) images.set(write, read);
    this.#extend(step, () => undefined);
  }

  /** Forgets what {@link unify} found. */
  forget(step: number): void {
    this.#images[step]?.clear();
  }

  /** Matches the step after the base: by what its nodes do and read, as the states are not known yet. */
  #matchNext(): boolean {
    const { clock, base } = this;
    const step = base + 1;
    const candidates = new Map<string, Node[]>();
    const next = localKeys(clock, step, this.#operands);
    for (const node of clock.nodesOf(step)) {
      const key = next.get(node) as string;
      candidates.set(key, [...(candidates.get(key) ?? []), node]);
    }
    const images = this.#images[step] as Map<Value, Value>;
    const isLast = step === clock.steps - 1;
    const pairs: [Node, Node][] = [];
    for (const [node, key] of localKeys(clock, base, this.#operands)) {
      const twin = candidates.get(key)?.shift();
      if (twin !== undefined) {
        pairs.push([node, twin]);
        node.outputs.forEach((output, i) => {
          const image = twin.outputs[i];
          if (output !== undefined && image !== undefined) images.set(output, image);
        });
      } else if (!isLast) return false;
    }
    for (const [node, twin] of pairs) {
      for (const [i, input] of node.inputs.entries()) {
        const actual = twin.inputs[i];
        if (input === undefined || actual === undefined) continue;
        if (this.role(input) === 'state') {
          const isHandedOn = clock.timeOf(input) === base - 1 && clock.timeOf(actual) === base;
          if (!isHandedOn || (this.#states.get(input) ?? actual) !== actual) return false;
          this.#states.set(input, actual);
        } else if (!this.#isCounterpart(input, actual, step, undefined)) return false;
      }
    }
    return pairs.length > 0;
  }

  /**
   * Matches a step after those, whose states are known. Only the last one may lack what nothing reads any more, and the one
   * before it what is computed for nothing but that.
   */
  #matchForward(step: number): boolean {
    const missing = this.#extend(step, (read) => this.stateBefore(read, step));
    if (missing.size === 0 || step === this.clock.steps - 1) return true;
    return step === this.clock.steps - 2 && [...missing].every((node) => this.#isHandedOn(node, missing));
  }

  /** Is what a node makes only read in the next step, or by others like that? */
  #isHandedOn(node: Node, others: ReadonlySet<Node>): boolean {
    return node.outputs.every((output) =>
      output?.uses.every((use) => {
        return others.has(use.node) || use.node.outputs.some((value) => value && this.clock.timeOf(value) > this.base);
      }),
    );
  }

  /** Finds the counterparts of nodes in a step, and says which have none. */
  #extend(step: number, before: (read: Value) => Value | undefined): ReadonlySet<Node> {
    const images = this.#images[step] as Map<Value, Value>;
    const missing = new Set<Node>();
    const taken = new Set<Node>();
    for (const node of this.nodes) {
      if (node.outputs.some((output) => output !== undefined && images.has(output))) continue;
      const twin = this.#findTwin(node, step, before, taken);
      if (twin === undefined) {
        missing.add(node);
        continue;
      }
      taken.add(twin);
      node.outputs.forEach((output, i) => {
        const image = twin.outputs[i];
        if (output !== undefined && image !== undefined) images.set(output, image);
      });
    }
    return missing;
  }

  #findTwin(
    node: Node,
    step: number,
    before: (read: Value) => Value | undefined,
    taken: ReadonlySet<Node>,
  ): Node | undefined {
    const index = node.inputs.findIndex((input) => input !== undefined && this.role(input) !== 'shared');
    const variable = node.inputs[index];
    if (variable === undefined) return undefined;
    for (const value of this.#counterparts(variable, step, before)) {
      for (const use of value.uses) {
        const twin = use.node;
        if (use.index !== index || twin.graph !== node.graph || taken.has(twin)) continue;
        if (twin.opType !== node.opType || twin.inputs.length !== node.inputs.length) continue;
        if (this.#key(twin) !== this.#key(node)) continue;
        const fits = node.inputs.every((input, i) => {
          const actual = twin.inputs[i];
          if (input === undefined || actual === undefined) return input === actual;
          return this.#isCounterpart(input, actual, step, before);
        });
        if (fits) return twin;
      }
    }
    return undefined;
  }

  #counterparts(value: Value, step: number, before: (read: Value) => Value | undefined): readonly Value[] {
    const tick = this.clock.ticks.get(value);
    if (tick !== undefined) return this.clock.partsLike(tick, step);
    const only = this.role(value) === 'state' ? before(value) : this.image(value, step);
    return only === undefined ? [] : [only];
  }

  #isCounterpart(
    value: Value,
    actual: Value,
    step: number,
    before: ((read: Value) => Value | undefined) | undefined,
  ): boolean {
    switch (this.role(value)) {
      case 'inner':
        return this.image(value, step) === actual;
      case 'state':
        return before?.(value) === actual;
      case 'part':
        return this.#counterparts(value, step, () => undefined).includes(actual);
      case 'shared':
        return this.#isShared(value, actual, 0);
    }
  }

  /** Is it the same in both steps, or computed alike from whole numbers that may count the steps? */
  #isShared(value: Value, actual: Value, depth: number): boolean {
    if (this.#operands.isSame(value, actual) || this.#operands.growth(value, actual) !== undefined) return true;
    const [node, twin] = [value.producer, actual.producer];
    if (node === undefined || twin === undefined || depth === DEEPEST || node.opType === 'Constant') return false;
    if (value.outputIndex !== actual.outputIndex || this.#key(node) !== this.#key(twin)) return false;
    return (
      node.inputs.length === twin.inputs.length &&
      node.inputs.every((input, i) => {
        const other = twin.inputs[i];
        return input === undefined || other === undefined ? input === other : this.#isShared(input, other, depth + 1);
      })
    );
  }

  #key(node: Node): string {
    let key = this.#keys.get(node);
    if (key === undefined) {
      key = operationKey(node);
      this.#keys.set(node, key);
    }
    return key;
  }
}
