/** Puts lowered operators into a model, one after the other, so that all of it can be taken back. */
import type { Inference } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import { Builder } from '../rewrite/builder.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { Arguments } from '../rewrite/lowering/arguments.js';
import { Call } from '../rewrite/lowering/call.js';
import type { Knowledge } from '../rewrite/lowering/knowledge.js';
import type { CallSite, Lowered, Lowering } from '../rewrite/lowering/lowering.js';
import { Refusal } from '../rewrite/lowering/refusal.js';
import type { DenseTensor } from '../tensor/dense.js';
import type { RepairOptions } from './repair-session.js';

/** The state of lowering one model. Old nodes stay, unread, until {@link commit} or {@link takeBack}. */
export class LoweringRun implements Knowledge {
  readonly complex = new Set<Value>();
  readonly lists = new Map<Value, readonly Value[]>();
  readonly #model: Model;
  readonly #inputShapes: RepairOptions['inputShapes'];
  readonly #replaced: { readonly old: Value; readonly by: Value }[] = [];
  readonly #undo: (() => void)[] = [];
  readonly #added: Node[] = [];
  readonly #finished: Node[] = [];
  #emitter = new Emitter();
  #inference: Inference | undefined;
  /** Counts what changes the graph other than by emitting nodes. */
  #version = 0;
  /** Version and number of emitted nodes when the inference was made. */
  #seen = '';

  constructor(model: Model, { inputShapes }: Pick<RepairOptions, 'inputShapes'>) {
    this.#model = model;
    this.#inputShapes = inputShapes;
  }

  facts(value: Value): Facts | undefined {
    const facts = this.#current.facts(value);
    const isComplete = facts !== undefined && (facts.kind !== 'tensor' || facts.shape !== undefined);
    return isComplete || !this.#isStale ? facts : this.#renewed.facts(value);
  }

  constant(value: Value): DenseTensor | undefined {
    if (value.initializer !== undefined) return value.isGraphInput ? undefined : value.initializer.dense();
    const constants = this.#current.constants;
    return constants.isConstant(value) || !this.#isStale
      ? constants.dense(value)
      : this.#renewed.constants.dense(value);
  }

  get #current(): Inference {
    return this.#inference ?? this.#renewed;
  }

  get #state(): string {
    return `${this.#version}:${this.#emitter.added.length}`;
  }

  get #isStale(): boolean {
    return this.#seen !== this.#state;
  }

  get #renewed(): Inference {
    this.#seen = this.#state;
    this.#inference = inferPlain(this.#model, this.#inputShapes);
    return this.#inference;
  }

  /**
   * Lowers one node.
   * @returns the operators that take its place
   * @throws Refusal when that cannot be done; nothing is left of the attempt
   */
  lower(node: Node, { args, lower }: Lowering, site: Pick<CallSite, 'overload'> & { readonly name: string }): string[] {
    const names = typeof args === 'string' ? args : args({ node, overload: site.overload });
    const before = this.#emitter.added.length;
    const results = () => {
      const call = new Call(node, new Builder(this.#emitter, node, site.name), new Arguments(node, names), this, this);
      return this.#resultsOf(node, lower(call));
    };
    let values: readonly (Value | undefined)[];
    try {
      values = results();
    } catch (error) {
      const failed = this.#emitter.added.slice(before);
      this.#keepEmitted(before);
      removeDead(outputsOf(failed));
      throw error;
    }
    const emitted = this.#emitter.added.slice(before).map(({ opType }) => opType);
    node.outputs.forEach((old, i) => {
      const by = values[i];
      if (old !== undefined && by !== undefined) this.replace(old, by);
    });
    this.#finished.push(node);
    this.#version++;
    return emitted;
  }

  /** The nodes emitted so far stay; the emitter forgets them, since some of those after them are removed. */
  #keepEmitted(count: number): void {
    this.#added.push(...this.#emitter.added.slice(0, count));
    this.#emitter = new Emitter();
    this.#version++;
  }

  #resultsOf(node: Node, lowered: Lowered): readonly (Value | undefined)[] {
    if ('list' in lowered) {
      if (node.outputs.length > 1) return lowered.list;
      if (node.outputs[0] !== undefined) this.lists.set(node.outputs[0], lowered.list);
      return [];
    }
    const values = Array.isArray(lowered) ? (lowered as readonly (Value | undefined)[]) : [lowered as Value];
    node.outputs.forEach((output, i) => {
      if (output !== undefined && values[i] === undefined && isRead(output)) {
        throw new Refusal(`its output ${i} is read, and has no equivalent`);
      }
    });
    return values;
  }

  /** Lets all readers of a value read another one; outputs of the model follow when all is known to work. */
  replace(old: Value, by: Value): void {
    if (old === by) return;
    for (const { node, index } of old.uses) {
      node.setInput(index, by);
      this.#undo.push(() => node.setInput(index, old));
    }
    this.#replaced.push({ old, by });
    this.#version++;
    if (!old.isGraphOutput) return;
    for (const graph of this.#model.graphs()) {
      if (graph.parent === undefined) continue;
      graph.outputs.forEach((output, i) => {
        if (output !== old) return;
        graph.setOutput(i, by);
        this.#undo.push(() => graph.setOutput(i, old));
      });
    }
  }

  /** What its branches give complex, an If gives complex. */
  passOn(node: Node): void {
    if (node.opType !== 'If' || this.complex.size === 0) return;
    node.outputs.forEach((output, i) => {
      const branches = node.subgraphs.map(({ outputs }) => outputs[i]);
      const complex = branches.filter((branch) => branch !== undefined && this.complex.has(branch)).length;
      if (output !== undefined && complex > 0 && complex === branches.length) this.complex.add(output);
    });
  }

  /** Nobody reads the node's outputs: it goes as well. */
  drop(node: Node): void {
    this.#finished.push(node);
  }

  /** Makes the outputs of the model the new values, under their old names, and removes what nobody reads any more. */
  commit(): void {
    for (const { old, by } of this.#replaced) {
      if (!old.isGraphOutput) continue;
      const declared = old.declared;
      const { graph, name } = old;
      old.replaceAllUsesWith(by);
      const output = graph.value(name);
      if (declared?.kind !== 'tensor' || output === undefined || !this.complex.has(by)) continue;
      this.complex.add(output);
      const facts = this.facts(by);
      const elemType = facts?.kind === 'tensor' && facts.dtype !== undefined ? facts.dtype : 1;
      graph.setValueInfo(output, { ...declared, elemType, shape: declared.shape && [...declared.shape, 2] });
    }
    this.#bypassIdentities();
    const domains = new Set(this.#finished.map(({ domain }) => domain));
    const dead = [...this.#finished, ...this.#added, ...this.#emitter.added];
    removeDead([...outputsOf(dead), ...this.#replaced.map(({ old }) => old)]);
    this.#removeImports(domains);
  }

  /** Values in another meaning are needed no more: whatever reads them can read what they are a copy of. */
  #bypassIdentities(): void {
    for (const { opType, inputs, outputs } of [...this.#added, ...this.#emitter.added]) {
      const [copied, copy] = [inputs[0], outputs[0]];
      if (opType !== 'Identity' || copied === undefined || copy === undefined || copy.isGraphOutput) continue;
      copy.replaceAllUsesWith(copied);
    }
  }

  /** Leaves the model as it was. */
  takeBack(): void {
    for (const undo of this.#undo.reverse()) undo();
    const added = [...this.#added, ...this.#emitter.added];
    removeDead([...outputsOf(added), ...this.#replaced.map(({ by }) => by)]);
  }

  #removeImports(domains: ReadonlySet<string>): void {
    const used = new Set<string>();
    for (const graph of this.#model.graphs()) for (const { domain } of graph.nodes) used.add(domain);
    for (const domain of domains) {
      if (domain === '' || used.has(domain)) continue;
      this.#model.opsetImports.delete(domain);
      for (const fn of this.#model.functions) fn.opsetImports.delete(domain);
    }
  }
}

/** Is a value an input of a node, or an output of a graph? */
export function isRead(value: Value): boolean {
  return value.uses.length > 0 || value.isGraphOutput;
}

function outputsOf(nodes: readonly Node[]): Value[] {
  return nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== undefined));
}
