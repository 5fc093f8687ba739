import type { Command } from '../command.js';
import { talkOptions, verifyOptions } from '../options.js';

/** `onnx-surgeon verify`: do two models compute the same? */
export const verify: Command = {
  name: 'verify',
  positionals: '<original> <candidate>',
  summary: 'Run two models with onnxruntime on the same inputs and compare what comes out',
  options: {
    ...verifyOptions,
    exact: { type: 'boolean', describe: 'Outputs must be bit-identical, not only within tolerance' },
    ...talkOptions,
  },
  example: ['model.onnx model.fixed.onnx --sizes T=100,1000', 'compares at two lengths'],
  async run(args, io) {
    const { verifyModels } = await import('../verify-models.js');
    return verifyModels(args, io);
  },
};
