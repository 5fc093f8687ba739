import type { Finding, PassReport } from '../passes/pass.js';
import type { ExitStatus } from './exit.js';
import type { Verification } from './verification.js';

/** What a repair command did with one file: the single source of its text and JSON. */
export interface FileResult {
  readonly input: string;
  /** Where the result is, or would be. */
  readonly output: string;
  readonly status: ExitStatus;
  /** Was a file written? */
  readonly written: boolean;
  /** Data files that were written along with it. */
  readonly dataFiles?: readonly string[];
  /** Did the passes change the model? */
  readonly changed: boolean;
  readonly reports: readonly PassReport[];
  /** Defects that the command answers for and that are left. */
  readonly left: readonly Finding[];
  readonly verification?: Verification;
  /** What went wrong, in one sentence. */
  readonly error?: string;
}
