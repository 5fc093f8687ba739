/** Options that several commands share. */
import type { Options } from 'yargs';

const text = { type: 'string', requiresArg: true } as const;
const flag = { type: 'boolean' } as const;

/** How results are shown. */
export const talkOptions = {
  json: { ...flag, describe: 'Write the result as JSON to standard output' },
  quiet: { ...flag, alias: 'q', describe: 'Say nothing unless something is wrong' },
} satisfies Record<string, Options>;

/** Where a changed model goes. */
export const outputOptions = {
  output: { ...text, alias: 'o', describe: 'File to write (default: <name>.fixed.onnx beside the input)' },
  'out-dir': { ...text, describe: 'Directory to write to, under the name of each input' },
  'in-place': { ...flag, describe: 'Replace the input' },
  'dry-run': { ...flag, describe: 'Show what would be done, write nothing' },
  partial: { ...flag, describe: 'Write what could be repaired even if defects are left' },
} satisfies Record<string, Options>;

/** Where the weights of a changed model go. */
export const savingOptions = {
  external: { ...text, describe: 'External data of the result: keep, copy (the default), inline or split=SIZE' },
  overlay: { ...flag, describe: 'Write a small file that refers to the weights inside the original, beside it' },
} satisfies Record<string, Options>;

/** What is known about the export beyond the file. */
export const exportOptions = {
  'input-shape': { ...text, describe: 'Declare an input: NAME:D0,D1,.. each a number, a symbol or ?; repeatable' },
  lengths: { ...text, describe: 'Input of lengths that masks of padding follow: NAME, NAME:sliced or NAME:computed' },
  'traced-shape': { ...text, describe: 'What the export saw: NAME:N0,N1,..; repeatable' },
} satisfies Record<string, Options>;

/** What types a model is to have. */
export const typeOptions = {
  io: { ...text, describe: 'Give floating-point inputs and outputs this type: float or float16' },
  'ir-version': { ...text, describe: 'Write at most this IR version, for older runtimes' },
} satisfies Record<string, Options>;

/** What positional tables have to serve. */
export const positionOptions = {
  'max-length': { ...text, describe: 'Positional tables must serve at least this many positions (default 5000)' },
  computed: { ...flag, describe: 'Compute positional tables at run time instead of keeping long ones' },
  'fold-tables': { ...flag, describe: 'Keep fixed tables of positions in place of those computed in every run' },
} satisfies Record<string, Options>;

/** What loops become. */
export const loopOptions = {
  'rnn-ops': { ...flag, describe: 'Make LSTM, GRU and RNN of recurrent cells, instead of Scan' },
} satisfies Record<string, Options>;

/** Which operators are lowered besides those that no runtime has. */
export const loweringOptions = {
  contrib: { ...flag, describe: "Lower onnxruntime's own operators (com.microsoft) as well" },
  lower: { ...text, describe: 'Lower these standard operators as well: STFT, DFT' },
} satisfies Record<string, Options>;

/** How a result is checked. */
export const verifyOptions = {
  sizes: { ...text, describe: 'Sizes to run at: SYMBOL=N1,N2,..; repeatable, combined' },
  data: { ...text, describe: 'Directory with golden data sets: test_data_set_*/{input,output}_*.pb' },
  rtol: { ...text, describe: 'Relative tolerance (default 1e-3)' },
  atol: { ...text, describe: 'Absolute tolerance (default 1e-4)' },
} satisfies Record<string, Options>;

/** Everything that a repair takes. */
export const repairOptions = {
  ...outputOptions,
  ...savingOptions,
  ...exportOptions,
  ...verifyOptions,
  'no-verify': { ...flag, describe: 'Do not run the result with onnxruntime' },
  ...talkOptions,
} satisfies Record<string, Options>;
