/** Typed access to parsed arguments, and the little languages that some of them are written in. */
import type { Args } from './command.js';
import { UsageError } from './errors.js';

/** Is a switch on? */
export function flag(args: Args, name: string): boolean {
  const value = args[name];
  return Array.isArray(value) ? value.includes(true) : value === true;
}

/** The text of an option that may be given once. */
export function text(args: Args, name: string): string | undefined {
  const value = args[name];
  if (Array.isArray(value)) throw new UsageError(`--${name} is given ${value.length} times; give it once`);
  if (value === undefined) return undefined;
  if (value === '') throw new UsageError(`--${name} needs a value`);
  return String(value);
}

/** The texts of an option or positional that may be given several times. */
export function texts(args: Args, name: string): string[] {
  const value = args[name];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** A number that may be given once. */
export function number(args: Args, name: string): number | undefined {
  const given = text(args, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`--${name} must be a number, not '${given}'`);
  return value;
}

/** A whole number of at least 1 that may be given once. */
export function count(args: Args, name: string): number | undefined {
  const value = number(args, name);
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
    throw new UsageError(`--${name} must be a whole number of at least 1, not '${value}'`);
  }
  return value;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Reads a number of bytes: `2GB`, `500MB`, `1.5GiB`, `4096`. */
export function byteSize(name: string, given: string): number {
  const [, digits, prefix = '', binary] = /^(\d+(?:\.\d+)?)([KMGT]?)(i?)B?$/i.exec(given) ?? [];
  const unit = UNITS[prefix.toUpperCase()] ?? 1;
  const bytes = Math.floor(Number(digits) * (binary ? 1024 ** Math.round(Math.log10(unit) / 3) : unit));
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new UsageError(`--${name}: '${given}' is not a size; write a number of bytes, or one with KB, MB or GB`);
}

/** One axis of a declared shape: a number, a symbol, or undefined for `?`. */
export type DeclaredDim = number | string | undefined;

/**
 * Reads `--input-shape NAME:D0,D1,..`: every D a number, a symbol or `?`. The name ends at the last colon, since names
 * such as `input:0` are common; `NAME:` alone declares a scalar.
 */
export function declaredShapes(args: Args, name: string): Record<string, DeclaredDim[]> {
  return Object.fromEntries(
    texts(args, name).map((given) => {
      const [input, dims] = splitShape(name, given);
      return [input, dims.map((dim) => declaredDim(name, given, dim))];
    }),
  );
}

/** Reads `--traced-shape NAME:N0,N1,..`: numbers only. */
export function tracedShapes(args: Args, name: string): Record<string, number[]> {
  return Object.fromEntries(
    texts(args, name).map((given) => {
      const [input, dims] = splitShape(name, given);
      const sizes = dims.map((dim) => declaredDim(name, given, dim));
      const bad = sizes.findIndex((size) => typeof size !== 'number');
      if (bad >= 0) throw new UsageError(`--${name} ${given}: '${dims[bad]}' is not a number`);
      return [input, sizes as number[]];
    }),
  );
}

function splitShape(name: string, given: string): [string, string[]] {
  const colon = given.lastIndexOf(':');
  if (colon <= 0) throw new UsageError(`--${name} ${given}: write NAME:D0,D1,.. with a colon after the input's name`);
  const list = given.slice(colon + 1).trim();
  return [given.slice(0, colon), list === '' ? [] : list.split(',').map((dim) => dim.trim())];
}

function declaredDim(name: string, given: string, dim: string): DeclaredDim {
  if (dim === '?') return undefined;
  if (/^\d+$/.test(dim)) {
    const size = Number(dim);
    if (Number.isSafeInteger(size)) return size;
  } else if (/^[\p{L}_][^\s,:]*$/u.test(dim)) {
    return dim;
  }
  throw new UsageError(`--${name} ${given}: '${dim}' is not a size; write a number, a symbol or ?`);
}

/** More runs than this are a slip of the hand. */
const MOST_RUNS = 1000;

/**
 * Reads `--sizes T=100,1000` (repeatable, one symbol each): every combination of the listed sizes.
 *
 * @returns one entry a run; empty when the option is not given
 */
export function sizeLists(args: Args, name: string): Record<string, number>[] {
  const given = texts(args, name);
  if (given.length === 0) return [];
  let runs: Record<string, number>[] = [{}];
  for (const entry of given) {
    const [, symbol, list] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
    if (symbol === undefined || list === undefined) throw new UsageError(`--${name} ${entry}: write SYMBOL=N1,N2,..`);
    const sizes = list.split(',').map((item) => {
      if (!/^\s*\d+\s*$/.test(item)) throw new UsageError(`--${name} ${entry}: '${item}' is not a whole number`);
      return Number(item);
    });
    runs = runs.flatMap((run) => sizes.map((size) => ({ ...run, [symbol]: size })));
    if (runs.length > MOST_RUNS) throw new UsageError(`--${name} asks for more than ${MOST_RUNS} runs`);
  }
  return runs;
}
