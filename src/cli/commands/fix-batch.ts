import { loopOptions, repairOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix-batch`: loops unrolled at the traced number of items. */
export const fixBatch = repairCommand({
  name: 'fix-batch',
  summary: 'Roll up loops that were unrolled at the traced number of items',
  options: { ...repairOptions, ...loopOptions },
  example: ['encoder.onnx', 'writes encoder.fixed.onnx'],
  makePasses: async (options) => [(await import('../../passes/fix-batch.js')).fixBatch(options)],
});
