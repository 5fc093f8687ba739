import type { Options } from 'yargs';
import type { ExitStatus } from './exit.js';
import type { Io } from './io.js';

/** Parsed arguments, as yargs gives them. */
export type Args = Readonly<Record<string, unknown>>;

/** A command of the command line. Its module must stay cheap to load: what it needs is imported when it runs. */
export interface Command {
  readonly name: string;
  /** What its positional arguments are called: `<model..>`. */
  readonly positionals: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  readonly options: Readonly<Record<string, Options>>;
  /** An example for `--help`: arguments and what they do. */
  readonly example: readonly [args: string, does: string];
  run(args: Args, io: Io): Promise<ExitStatus>;
}
