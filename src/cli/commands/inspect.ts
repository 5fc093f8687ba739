import type { Command } from '../command.js';

/** `onnx-surgeon inspect`: what is in a model. */
export const inspect: Command = {
  name: 'inspect',
  positionals: '<model..>',
  summary: 'Show inputs, outputs, operator sets, operators and metadata of a model',
  options: {
    values: {
      type: 'boolean',
      describe: 'Also type, shape and known elements of every value, and why something is unknown',
    },
    constants: { type: 'boolean', describe: 'Also what constants are: causal masks, sinusoidal tables, windows ...' },
    json: { type: 'boolean', describe: 'Write JSON to standard output' },
  },
  example: ['model.onnx --json', 'for programs'],
  async run(args, io) {
    const { inspectModels } = await import('../inspect.js');
    return inspectModels(args, io);
  },
};
