import type { Value } from '../../../model/value.js';
import type { Gate, Linear } from './gates.js';

/** A state of a loop: what a step reads, and what it leaves. */
export interface CellState {
  readonly read: Value;
  readonly write: Value;
  /** Before the first step. */
  readonly initial: Value;
  /** What the step leaves, as far as it is something that cells do. */
  readonly gate: Gate | undefined;
}

/** A recurrent cell, as one of ONNX's operators computes it. */
export interface Cell {
  readonly operator: 'LSTM' | 'GRU' | 'RNN';
  /** The hidden state, and that of the memory for LSTM. */
  readonly states: readonly CellState[];
  /** What is inside of the gates, in the order of the operator: i, o, f, c; z, r, h; or a single one. */
  readonly gates: readonly Linear[];
  /** GRU whose reset gate comes after the weights of the state: these, for the last gate. */
  readonly after?: Linear;
  /** Of RNN. */
  readonly activation?: 'Tanh' | 'Relu';
}

/** The cell that a state is the hidden state of; undefined where it is none. */
export function cellOf(state: CellState, states: readonly CellState[]): Cell | undefined {
  return lstm(state, states) ?? gru(state) ?? rnn(state);
}

/** h = o tanh(c), c = f c + i g. */
function lstm(state: CellState, states: readonly CellState[]): Cell | undefined {
  for (const [output, squashed] of factors(state.gate)) {
    const o = inside(output, 'sigmoid');
    if (o === undefined || squashed.kind !== 'tanh') continue;
    const memory = states.find(({ gate }) => gate?.key === squashed.of.key);
    if (memory === undefined || memory === state) continue;
    for (const [kept, fresh] of terms(squashed.of)) {
      for (const [forget, old] of factors(kept)) {
        for (const [input, candidate] of factors(fresh)) {
          const [i, f, g] = [inside(input, 'sigmoid'), inside(forget, 'sigmoid'), inside(candidate, 'tanh')];
          if (!isState(old, memory) || i === undefined || f === undefined || g === undefined) continue;
          return { operator: 'LSTM', states: [state, memory], gates: [i, o, f, g] };
        }
      }
    }
  }
  return undefined;
}

/** h = (1 - z) n + z h, in all its forms; n = tanh(x W + r (h U + b)) or tanh(x W + (r h) U). */
function gru(state: CellState): Cell | undefined {
  for (const { update, isKept, candidate } of mixtures(state)) {
    const gate = inside(update, 'sigmoid');
    if (gate === undefined || candidate.kind !== 'tanh') continue;
    // Where the gate says how much is new, its opposite says how much is kept.
    const z = isKept ? gate : negated(gate);
    const n = candidate.of;
    if (n.kind === 'linear') {
      for (const { input } of n.parts) {
        for (const [reset, old] of factors(input)) {
          const r = inside(reset, 'sigmoid');
          if (r === undefined || !isState(old, state)) continue;
          const parts = n.parts.map((part) => (part.input === input ? { ...part, input: old } : part));
          return { operator: 'GRU', states: [state], gates: [z, r, { ...n, parts }] };
        }
      }
    }
    for (const [fresh, product] of terms(n)) {
      for (const [reset, after] of factors(product)) {
        const r = inside(reset, 'sigmoid');
        if (r === undefined || fresh.kind !== 'linear' || after.kind !== 'linear') continue;
        const isOwn = after.parts.length === 1 && isState((after.parts[0] as Linear['parts'][0]).input, state);
        if (isOwn) return { operator: 'GRU', states: [state], gates: [z, r, fresh], after };
      }
    }
  }
  return undefined;
}

/** h = tanh(x W + h U + b). */
function rnn(state: CellState): Cell | undefined {
  const { gate } = state;
  if (gate?.kind !== 'tanh' && gate?.kind !== 'relu') return undefined;
  if (gate.of.kind !== 'linear') return undefined;
  return { operator: 'RNN', states: [state], gates: [gate.of], activation: gate.kind === 'tanh' ? 'Tanh' : 'Relu' };
}

interface Mixture {
  readonly update: Gate;
  /** Does the gate say how much of the state is kept? Else how much of the candidate is taken. */
  readonly isKept: boolean;
  readonly candidate: Gate;
}

function* mixtures(state: CellState): Generator<Mixture> {
  for (const [left, right] of terms(state.gate)) {
    // a + z (b - a)
    for (const [update, difference] of factors(right)) {
      if (difference.kind !== 'sub' || difference.b.key !== left.key) continue;
      const isKept = isState(difference.a, state);
      if (isKept || isState(left, state)) yield { update, isKept, candidate: isKept ? left : difference.a };
    }
    // (1 - z) a + z b, or a - z a + z b
    for (const [rest, a] of [...factors(left), ...remainders(left)]) {
      for (const [update, b] of factors(right)) {
        const isRest = rest.kind === 'sub' && isOne(rest.a) && rest.b.key === update.key;
        if (!isRest) continue;
        const isKept = isState(b, state);
        if (isKept || isState(a, state)) yield { update, isKept, candidate: isKept ? a : b };
      }
    }
  }
}

/** `a - z a` as (1 - z) and a. */
function remainders(gate: Gate): [Gate, Gate][] {
  if (gate.kind !== 'sub') return [];
  const { a } = gate;
  return factors(gate.b)
    .filter(([, old]) => old.key === a.key)
    .map(([update]) => {
      const one: Gate = { kind: 'constant', key: '1', data: Float32Array.of(1) };
      return [{ kind: 'sub', key: `sub(1,${update.key})`, a: one, b: update }, a];
    });
}

function isOne(gate: Gate): boolean {
  return gate.kind === 'constant' && gate.data.every((number) => number === 1);
}

function isState(gate: Gate, { read }: CellState): boolean {
  return gate.kind === 'input' && gate.value === read;
}

/** Both orders of a product's factors. */
function factors(gate: Gate | undefined): [Gate, Gate][] {
  return gate?.kind === 'mul' ? bothOrders(gate) : [];
}

function terms(gate: Gate | undefined): [Gate, Gate][] {
  return gate?.kind === 'add' ? bothOrders(gate) : [];
}

function bothOrders({ a, b }: { a: Gate; b: Gate }): [Gate, Gate][] {
  return [
    [a, b],
    [b, a],
  ];
}

/** The linear part inside of an activation. */
function inside(gate: Gate, kind: 'sigmoid' | 'tanh'): Linear | undefined {
  return gate.kind === kind && gate.of.kind === 'linear' ? gate.of : undefined;
}

/** sigmoid(-a) = 1 - sigmoid(a). */
function negated({ key, parts, bias }: Linear): Linear {
  const opposite = (data: Float32Array) => data.map((number) => -number);
  return {
    kind: 'linear',
    key: `-(${key})`,
    parts: parts.map(({ weights, ...part }) => ({ ...part, weights: { ...weights, data: opposite(weights.data) } })),
    bias: opposite(bias),
  };
}
