import type { Command } from './command.js';
import type { MakePasses } from './repair.js';

/** What is particular to a command that repairs. */
export interface RepairCommandOptions extends Omit<Command, 'positionals' | 'run'> {
  readonly makePasses: MakePasses;
  /** Does the command answer for every defect, also those that its passes leave to others? */
  readonly answersForAll?: boolean;
}

/** A command that repairs. Like the passes, what repairs is loaded when it runs, so that commands are cheap to list. */
export function repairCommand({ makePasses, answersForAll = false, ...about }: RepairCommandOptions): Command {
  return {
    ...about,
    positionals: '<model..>',
    async run(args, io) {
      const { repair } = await import('./repair.js');
      return repair({ name: about.name, makePasses, answersForAll }, args, io);
    },
  };
}
