import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Operands } from './operands.js';
import type { Steps } from './steps.js';

/** A constant of whole numbers that grows by the same amount from step to step. */
export interface Counter {
  readonly shape: readonly number[];
  /** What it is in step 0. */
  readonly zero: readonly bigint[];
  readonly growth: readonly bigint[];
}

/** What the steps count, by the constant that the body reads, and the nodes in between. */
export interface Counting {
  readonly counters: ReadonlyMap<Value, Counter>;
  readonly counted: readonly Node[];
}

/** A value of the body, and what all other steps read in its place. */
interface Operand {
  readonly value: Value;
  readonly others: readonly { readonly step: number; readonly value: Value }[];
}

/** Explains in what the steps of a loop differ; or says what is not explained. */
export function countersOf(steps: Steps, first: number, operands: Operands): Counting | string {
  const counters = new Map<Value, Counter>();
  const counted = new Set<Node>();
  const stack = differing(steps, first, operands);
  for (let operand = stack.pop(); operand !== undefined; operand = stack.pop()) {
    const { value } = operand;
    if (counters.has(value)) continue;
    const counter = counterOf(operand, steps.base, operands);
    const { producer } = value;
    if (counter !== undefined) counters.set(value, counter);
    else if (producer === undefined || producer.inputs.length === 0) return `its steps differ in ${value.name}`;
    else if (!counted.has(producer)) {
      counted.add(producer);
      for (const [index, input] of producer.inputs.entries()) {
        if (input === undefined) continue;
        const others = operand.others.flatMap(({ step, value: other }) => {
          // Where the producer is the same one, so is what it reads.
          const twin = operands.isSame(other, value) ? input : other.producer?.inputs[index];
          return twin === undefined ? [] : [{ step, value: twin }];
        });
        if (others.some((other) => !operands.isSame(other.value, input))) stack.push({ value: input, others });
      }
    }
  }
  return { counters, counted: [...counted].reverse() };
}

/** What the body reads from outside that is not the same in all steps. */
function differing(steps: Steps, first: number, operands: Operands): Operand[] {
  const found: Operand[] = [];
  for (const node of steps.nodes) {
    for (const [index, value] of node.inputs.entries()) {
      if (value === undefined || steps.role(value) !== 'shared') continue;
      const others: { step: number; value: Value }[] = [];
      for (let step = first; step < steps.clock.steps; step++) {
        const other = steps.twinOf(node, step)?.inputs[index];
        if (other !== undefined && step !== steps.base) others.push({ step, value: other });
      }
      if (others.some((other) => !operands.isSame(other.value, value))) found.push({ value, others });
    }
  }
  return found;
}

function counterOf({ value, others }: Operand, base: number, operands: Operands): Counter | undefined {
  const [other] = others;
  const constant = operands.integers(value);
  const change = other && growthOf(value, other.value, operands);
  if (other === undefined || constant === undefined || change === undefined) return undefined;
  const distance = BigInt(other.step - base);
  if (change.some((n) => n % distance !== 0n)) return undefined;
  const growth = change.map((n) => n / distance);
  const isRegular = others.every(({ step, value: twin }) =>
    growthOf(value, twin, operands)?.every((n, i) => n === BigInt(step - base) * (growth[i] as bigint)),
  );
  if (!isRegular) return undefined;
  const zero = constant.elements.map((n, i) => n - BigInt(base) * (growth[i] as bigint));
  return { shape: constant.shape, zero, growth };
}

function growthOf(value: Value, other: Value, operands: Operands): readonly bigint[] | undefined {
  if (operands.isSame(value, other)) return operands.integers(value)?.elements.map(() => 0n);
  return operands.growth(value, other);
}
