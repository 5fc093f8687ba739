import { readFileSync } from 'node:fs';
import type { Options } from 'yargs';
import yargs from 'yargs';
import type { Command } from './command.js';
import { commands } from './commands/index.js';
import { explainError, UsageError } from './errors.js';
import { ExitStatus } from './exit.js';
import type { Io } from './io.js';
import { suggestion } from './suggest.js';

const NAME = 'onnx-surgeon';

/**
 * Runs the command line.
 *
 * @param argv - arguments after the program's name
 * @param io - where output goes
 * @returns the exit status; never throws
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const { status, message } = explainError(error, io);
    io.err(`${NAME}: ${message}\n`);
    return status;
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitStatus> {
  checkWords(argv);
  let result: Promise<ExitStatus> | undefined;
  const parser = yargs()
    .scriptName(NAME)
    .usage('$0 <command> [options] <model>\n\nRepairs broken ONNX exports in the file itself.')
    .version(version())
    .help()
    .alias({ help: 'h', version: 'v' })
    .exitProcess(false)
    .fail(false)
    .wrap(100)
    .strict()
    .demandCommand(1)
    .parserConfiguration({ 'boolean-negation': false, 'dot-notation': false, 'parse-positional-numbers': false });
  for (const command of commands) {
    parser.command({
      command: `${command.name} ${command.positionals}`.trimEnd(),
      describe: command.summary,
      builder: (builder) =>
        (command.positionals.match(/\w+/g) ?? [])
          .reduce((y, name) => y.positional(name, { type: 'string' }), builder)
          .options({ ...command.options })
          .example(`$0 ${command.name} ${command.example[0]}`, command.example[1]),
      handler: (args) => {
        result = command.run(args, io);
        result.catch(() => undefined);
      },
    });
  }
  let help = '';
  try {
    await parser.parseAsync([...argv], {}, (_error, _args, output) => {
      help = output;
    });
  } catch (error) {
    throw usageError(error, argv);
  }
  if (result !== undefined) return result;
  io.out(`${help}\n`);
  return ExitStatus.OK;
}

/** Names what is unknown and what was probably meant, which yargs does for commands only. */
function checkWords(argv: readonly string[]): void {
  const word = argv.find((arg) => !arg.startsWith('-'));
  const command = commands.find(({ name }) => name === word);
  if (word !== undefined && command === undefined) {
    const names = commands.map(({ name }) => name);
    throw new UsageError(`unknown command '${word}'${suggestion(word, names) || `; '${NAME} --help' lists them`}`);
  }
  const known = optionNames(command);
  const help = `; '${NAME}${command ? ` ${command.name}` : ''} --help' lists the options`;
  for (const arg of argv) {
    if (arg === '--') return;
    const [, long, short = ''] = /^(?:--([^=]+)|-([a-z]+))/i.exec(arg) ?? [];
    if (long !== undefined && !known.has(long)) {
      throw new UsageError(`unknown option '--${long}'${suggestion(long, known.keys(), '--') || help}`);
    }
    for (const letter of short) {
      const takesValue = known.get(letter);
      if (takesValue === undefined) throw new UsageError(`unknown option '-${letter}'${help}`);
      if (takesValue) break;
    }
  }
}

/** Every name of every option, and whether a value follows it. */
function optionNames(command: Command | undefined): Map<string, boolean> {
  const names = new Map(['help', 'version', 'h', 'v'].map((name) => [name, false]));
  for (const [name, { alias, requiresArg = false }] of Object.entries<Options>(command?.options ?? {})) {
    for (const each of [name, alias ?? []].flat()) names.set(each, requiresArg);
  }
  return names;
}

function usageError(error: unknown, argv: readonly string[]): UsageError {
  const text = error instanceof Error ? error.message : String(error);
  const command = commands.find(({ name }) => argv.includes(name));
  const option = /Not enough arguments following: (\S+)/.exec(text)?.[1];
  if (option !== undefined) {
    return new UsageError(`${option.length === 1 ? '-' : '--'}${option} needs a value`);
  }
  if (command === undefined) return new UsageError(`a command is missing; '${NAME} --help' lists them`);
  const needs = /got (\d+), need at least (\d+)/.exec(text);
  if (needs !== null) {
    const what = command.positionals.includes(' ') ? 'two models' : 'a model';
    return new UsageError(`${command.name} needs ${what}: ${NAME} ${command.name} ${command.positionals}`);
  }
  const unknown = /Unknown arguments?: ([^,]+)/.exec(text)?.[1];
  if (unknown !== undefined) {
    return new UsageError(`unexpected argument '${unknown}'; usage: ${NAME} ${command.name} ${command.positionals}`);
  }
  return new UsageError(text.replace(/\s*\n\s*/g, ' '));
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
