/** The contract of a pass: what it is given, and the report that every output of the tool is made from. */
import type { Model } from '../model/model.js';

/** Something a pass saw in a model: a defect it repairs, or one that it has to leave. */
export interface Finding {
  /** Stable machine-readable name, kebab-case: `baked-mask`. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
  /** Name of the node it shows at. */
  readonly node?: string;
  /** Name of the value it is about. */
  readonly value?: string;
  /** Why the pass thinks so, one fact an entry. */
  readonly evidence?: string[];
}

/** One change made to the model. */
export interface Edit {
  /** What was done: `causal mask`. */
  readonly what: string;
  /** Where: `input of Where /layers.0/Where`. */
  readonly where: string;
  readonly before: string;
  readonly after: string;
}

/** What a pass found and did; the single source of text, JSON and other reports. */
export interface PassReport {
  /** Name of the pass. */
  readonly pass: string;
  /** Was the model changed? */
  readonly changed: boolean;
  /** What was found and, unless listed in `unresolved`, repaired. */
  readonly findings: Finding[];
  readonly edits: Edit[];
  /** Defects that are left, each with the reason in its message. */
  readonly unresolved: Finding[];
  /** Defects of another kind that the pass saw on its way and that are not its own to repair. */
  readonly others?: Finding[];
  /** Traced sizes solved from the file: symbol -> number. */
  readonly sizes?: Record<string, number>;
  /** Are numbers computed by other operators than before, so that they agree within rounding, but not bit for bit? */
  readonly reassociates?: boolean;
  /** Were numbers of the example replaced, so that the original is right for the example's data only? */
  readonly changesValues?: boolean;
  /** Symbols of batch axes whose items the repair made independent of each other, and how many the example had. */
  readonly items?: Readonly<Record<string, number>>;
  /** What inputs held when the model was exported, as far as the file tells: lengths, by the input's name. */
  readonly inputs?: Record<string, readonly number[]>;
}

/** What a pass may use besides the model and its own options. */
export interface PassContext {
  /** Progress for people; a pass may say nothing. */
  log(message: string): void;
}

/** A transformation of a model. Made by a factory that takes one options object; edits the model in place. */
export interface Pass {
  /** Name of the pass, which is the name of its file and of its command. */
  readonly name: string;
  /**
   * Looks at the model and repairs it.
   *
   * A pass with nothing to do leaves the model unmodified and reports `changed: false`. A pass that cannot be complete
   * leaves the model unmodified too, unless its options allow a partial repair, and lists what is left in `unresolved`.
   */
  run(model: Model, context: PassContext): Promise<PassReport>;
}
