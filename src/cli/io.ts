/** Where the command line writes to: the process, or a test. */
export interface Io {
  /** Writes to standard output: results. */
  out(text: string): void;
  /** Writes to standard error: talk. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** May standard output carry colours? */
  readonly color: boolean;
  /** Is standard error a terminal, where a line can be shown and taken away again? */
  readonly isTerminal: boolean;
}
