import { repairOptions, typeOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix-fp16`: element types that contradict each other. */
export const fixFp16 = repairCommand({
  name: 'fix-fp16',
  summary: 'Make element types agree again: float16 against float, int32 against int64',
  options: { ...repairOptions, ...typeOptions },
  example: ['resnet34_fp16.onnx', 'writes resnet34_fp16.fixed.onnx'],
  makePasses: async (options) => [(await import('../../passes/fix-fp16.js')).fixFp16(options)],
});
