import type { Command } from '../command.js';
import { outputOptions, savingOptions, talkOptions } from '../options.js';

/** `onnx-surgeon infer-shapes`: write down what every value is. */
export const inferShapes: Command = {
  name: 'infer-shapes',
  positionals: '<model..>',
  summary: 'Declare type and shape of every value, sizes as expressions in those of the inputs',
  options: {
    output: { ...outputOptions.output, describe: 'File to write (default: <name>.inferred.onnx beside the input)' },
    'out-dir': outputOptions['out-dir'],
    'in-place': outputOptions['in-place'],
    'dry-run': outputOptions['dry-run'],
    ...savingOptions,
    ...talkOptions,
  },
  example: ['encoder.onnx', 'writes encoder.inferred.onnx'],
  async run(args, io) {
    const { inferModels } = await import('../infer-models.js');
    return inferModels(args, io);
  },
};
