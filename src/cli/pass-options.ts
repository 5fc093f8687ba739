/** Options of passes from the command line, and whether they fit the model. */
import type { CountRule } from '../analysis/lengths.js';
import { callerInputs } from '../model/caller-inputs.js';
import type { Model } from '../model/model.js';
import type { TypeInfo } from '../model/type-info.js';
import type { Value } from '../model/value.js';
import type { FixOptions } from '../passes/index.js';
import { refuseLengthsInput } from '../passes/lengths/lengths-input.js';
import { lowerableOperators } from '../passes/lowerings.js';
import { count, type DeclaredDim, declaredShapes, flag, text, texts, tracedShapes } from './args.js';
import type { Args } from './command.js';
import { UsageError } from './errors.js';
import { suggestion } from './suggest.js';

/** Reads what a command can tell its passes. @throws UsageError */
export function readPassOptions(args: Args): FixOptions {
  const maxLength = count(args, 'max-length');
  const irVersion = count(args, 'ir-version');
  const io = text(args, 'io');
  if (io !== undefined && io !== 'float' && io !== 'float16') {
    throw new UsageError(`--io must be float or float16, not '${io}'`);
  }
  if (flag(args, 'fold-tables') && flag(args, 'computed')) {
    throw new UsageError('--fold-tables keeps tables and --computed does away with them: give one of the two');
  }
  const lengths = text(args, 'lengths');
  return {
    inputShapes: declaredShapes(args, 'input-shape'),
    tracedShapes: tracedShapes(args, 'traced-shape'),
    contrib: flag(args, 'contrib'),
    computed: flag(args, 'computed'),
    rnnOps: flag(args, 'rnn-ops'),
    foldTables: flag(args, 'fold-tables'),
    lower: operatorList(args, 'lower'),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(irVersion === undefined ? {} : { irVersion }),
    ...(io === undefined ? {} : { io }),
    ...(lengths === undefined ? {} : readLengths(lengths)),
  };
}

/** Operators after one another, with commas: `STFT,DFT`. */
function operatorList(args: Args, name: string): string[] {
  return texts(args, name).flatMap((given) => {
    const operators = given.split(',').map((operator) => operator.trim());
    const known = lowerableOperators();
    const wrong = operators.find((operator) => !known.includes(operator));
    if (wrong !== undefined) {
      throw new UsageError(
        `--${name} ${given}: '${wrong}' is none of the operators that can be lowered: ${known.join(', ')}`,
      );
    }
    return operators;
  });
}

/** `NAME`, or `NAME:RULE` to say how counts follow from lengths; names such as `input:0` have colons too. */
function readLengths(given: string): Pick<FixOptions, 'lengths' | 'lengthsRule'> {
  const [, name, rule] = /^(.+):(sliced|computed)$/.exec(given) ?? [];
  return name === undefined ? { lengths: given } : { lengths: name, lengthsRule: rule as CountRule };
}

/** Checks that what is said of inputs fits those that the model has. @throws UsageError */
export function checkAgainst(model: Model, options: FixOptions): void {
  const { inputShapes = {}, tracedShapes: traced = {}, lengths } = options;
  const refused = lengths === undefined ? undefined : refuseLengthsInput(model, lengths);
  if (refused !== undefined) throw new UsageError(`--lengths ${lengths}: ${refused}`);
  for (const [option, shapes] of [
    ['--input-shape', inputShapes],
    ['--traced-shape', traced],
  ] as const) {
    for (const [name, shape] of Object.entries(shapes)) {
      const names = callerInputs(model).map((input) => input.name);
      const input = callerInputs(model).find((candidate) => candidate.name === name);
      if (input === undefined) {
        const hint = suggestion(name, names) || `; its inputs are ${names.join(', ') || 'none'}`;
        throw new UsageError(`${option} ${name}: the model has no input of that name${hint}`);
      }
      const rank = shapeOf(input)?.length;
      if (rank !== undefined && rank !== shape.length) {
        throw new UsageError(`${option} ${name}: ${shape.length} sizes are given, the input has ${rank} axes`);
      }
    }
  }
}

/** The traced size of every symbol that `--traced-shape` gives a number for. */
export function sizesOfTracedShapes(model: Model, options: FixOptions): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const [name, traced] of Object.entries(options.tracedShapes ?? {})) {
    const input = model.graph.value(name);
    const shape: readonly DeclaredDim[] | undefined = options.inputShapes?.[name] ?? (input && shapeOf(input));
    traced.forEach((size, axis) => {
      const dim = shape?.[axis];
      if (typeof dim !== 'number') sizes[dim ?? `${name}.${axis}`] = size;
    });
  }
  return sizes;
}

function shapeOf({ declared }: Value): readonly DeclaredDim[] | undefined {
  return isTensor(declared) ? declared.shape : undefined;
}

function isTensor(type: TypeInfo | undefined): type is Extract<TypeInfo, { kind: 'tensor' | 'sparse' }> {
  return type?.kind === 'tensor' || type?.kind === 'sparse';
}
