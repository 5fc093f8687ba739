import { loopOptions, loweringOptions, positionOptions, repairOptions, typeOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix`: every repair that applies. */
export const fix = repairCommand({
  name: 'fix',
  summary: 'Diagnose, then make every repair that applies',
  options: { ...repairOptions, ...positionOptions, ...loopOptions, ...loweringOptions, ...typeOptions },
  example: ['separator.onnx -o repaired.onnx', 'writes repaired.onnx'],
  makePasses: async (options) => (await import('../../passes/index.js')).allPasses(options),
  answersForAll: true,
});
