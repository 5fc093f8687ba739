/** Input that is not what its format says, or an output that cannot be written in it. */
export class FormatError extends Error {
  override name = 'FormatError';
  /** The file or part that was read: a path, 'memory', a tensor's name. */
  readonly what: string;
  /** Byte offset in `what` where reading failed, where there is one. */
  readonly offset: number | undefined;

  /**
   * @param what - the file or part
   * @param sentence - what is wrong, without a full stop
   * @param offset - byte offset in `what`
   */
  constructor(what: string, sentence: string, offset?: number) {
    super(offset === undefined ? `${what}: ${sentence}` : `${what}: ${sentence} (at byte ${offset})`);
    this.what = what;
    this.offset = offset;
  }
}

/** A payload was asked for synchronously, but its source (Blob, HTTP) can only be read asynchronously: `load()` it first. */
export class PayloadNotLoaded extends Error {
  override name = 'PayloadNotLoaded';
}
