/** Running models with onnxruntime-node: what verifies a repair. Needs Node; nothing here is loaded by `onnx-surgeon`. */
export { compareTensors, type TensorDifference, type Tolerance } from './compare.js';
export {
  type CompareOptions,
  compareModels,
  compareModelsAt,
  type ModelComparison,
  type OutputComparison,
} from './compare-models.js';
export { type CompareRowsOptions, compareRows, type RowComparison } from './compare-rows.js';
export {
  type DataSet,
  type DataSetResult,
  type NamedTensor,
  readDataSets,
  readTensorFile,
  runDataSets,
} from './data-sets.js';
export { RuntimeCrash, RuntimeFailure, RuntimeUnavailableError } from './errors.js';
export { type IntegerData, makeInputs, type Sizes } from './inputs.js';
export { type RunSizesOptions, runSizes, type SizeRun } from './run-sizes.js';
export { type OpenOptions, type Port, Runtime, type RuntimeOptions, type Session } from './runtime.js';
export { type RepairVerification, type VerifyRepairOptions, verifyRepair } from './verify-repair.js';
