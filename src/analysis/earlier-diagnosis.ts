import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { KnownNumber } from './baked.js';
import type { BakedConstant } from './baked-constants.js';
import { contradictions } from './demands.js';
import { isExplained } from './explain/is-explained.js';
import type { ExplainedConstant, ExplainedDiagnosis } from './explained-diagnosis.js';
import type { InferOptions } from './infer.js';

/** What was found in a model before some of it was repaired, as far as it is still there. */
export class EarlierDiagnosis {
  readonly numbers: readonly KnownNumber[];
  /** The diagnosis itself where nothing is left of what it found: what it says of the rest holds. */
  readonly rest: ExplainedDiagnosis | undefined;
  readonly opened: readonly Node[];
  readonly #explained = new Map<unknown, ExplainedConstant>();

  constructor(diagnosis: ExplainedDiagnosis) {
    const { constants, opened } = diagnosis;
    const numbers = constants.flatMap(({ baked: { axes, elements, readers } }) =>
      [...axes.values(), ...elements.values()].flatMap((number) =>
        [...(readers ?? [number.cell.reader])].map((reader) => ({ ...number, cell: { ...number.cell, reader } })),
      ),
    );
    this.numbers = numbers.filter(({ cell: { value, reader } }) =>
      value.uses.some(({ node }) => reader === undefined || reader === node),
    );
    this.rest = this.numbers.length === 0 ? { ...diagnosis, constants: [] } : undefined;
    this.opened = opened;
    for (const each of constants) if (each.baked.axes.size > 0) this.#explained.set(each.baked.value, each);
  }

  /** The explanation of a constant of which nothing else is known than before. */
  explanationOf(
    baked: BakedConstant,
    batchAxisOf: (shape: readonly number[]) => number | undefined,
  ): ExplainedConstant | undefined {
    const known = this.#explained.get(baked.value);
    const shape = known?.tensor?.shape;
    if (known === undefined || shape === undefined || known.batchAxis !== batchAxisOf(shape)) return undefined;
    const axes = [...baked.axes.keys()];
    return axes.join() === [...known.baked.axes.keys()].join() ? { ...known, baked } : undefined;
  }
}

interface Kept {
  readonly revision: number;
  readonly inputShapes: string;
  readonly diagnosis: EarlierDiagnosis;
}

const kept = new WeakMap<Model, Kept>();

/** To be told when some of what a diagnosis found was repaired, and nothing else edited since: the next one starts there. */
export function keepDiagnosis(diagnosis: ExplainedDiagnosis, inputShapes: InferOptions['inputShapes']): void {
  const { model } = diagnosis.inference;
  const isSound = diagnosis.constants.every(isCertain) && contradictions(diagnosis.inference).length === 0;
  if (isSound) {
    const { revision } = model;
    kept.set(model, { revision, inputShapes: keyOf(inputShapes), diagnosis: new EarlierDiagnosis(diagnosis) });
  } else kept.delete(model);
}

/** What nothing explains is worth another look, and data-dependent sizes have another name in every inference. */
function isCertain({ baked: { axes, elements }, tensor, explanation }: ExplainedConstant): boolean {
  if ([...axes.values(), ...elements.values()].some(({ size }) => size.hasFresh)) return false;
  return axes.size === 0 || isExplained(explanation, tensor);
}

/** What was kept of the model as it is now. */
export function earlierDiagnosis(model: Model, inputShapes: InferOptions['inputShapes']): EarlierDiagnosis | undefined {
  const known = kept.get(model);
  const holds = known?.revision === model.revision && known.inputShapes === keyOf(inputShapes);
  return holds ? known.diagnosis : undefined;
}

function keyOf(inputShapes: InferOptions['inputShapes']): string {
  return JSON.stringify(inputShapes ?? {});
}
