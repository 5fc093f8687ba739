import { type ByteSource, checkRange } from './byte-source.js';
import { FormatError } from './format-error.js';
import { checkLocation } from './locations.js';
import { MemorySource } from './memory-source.js';

/** How an HTTP resource is read. */
export interface HttpOptions {
  /** The fetch to use; default the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request (authorization). */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes to ask for at least; default 256 KiB. A request costs a round trip, so small ones are not worth it. */
  readonly readAhead?: number;
  /** How often a request that fails or breaks off is tried again; default 3. */
  readonly retries?: number;
  /** Milliseconds to wait before the first retry; doubled every time; default 200. */
  readonly retryDelay?: number;
  /** A server without range support has to send everything: refuse beyond this many bytes; default 1 GiB. */
  readonly maxDownload?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens an HTTP(S) resource for reading by range requests. A server that does not know ranges sends the whole file, which
 * is kept in memory then.
 * @throws FormatError when the server refuses, or sends something else than was asked for
 */
export async function openHttp(url: string | URL, options: HttpOptions = {}): Promise<ByteSource> {
  const { readAhead = 1 << 18, maxDownload = 1 << 30 } = options;
  const client = new HttpClient(new URL(url), options);
  const first = await client.open(readAhead, maxDownload);
  if (first.whole)
    return new MemorySource(first.bytes, client.url.href, { openSibling: (location) => client.sibling(location) });
  return new HttpSource(client, first.bytes, first.size, readAhead);
}

/** A resource on a server that knows ranges. */
class HttpSource implements ByteSource {
  readonly name: string;
  readonly location: string;
  readonly size: number;
  readonly readAhead: number;
  readonly #client: HttpClient;
  readonly #head: Uint8Array;

  constructor(client: HttpClient, head: Uint8Array, size: number, readAhead: number) {
    this.name = client.url.href;
    this.location = client.url.href;
    this.size = size;
    this.readAhead = readAhead;
    this.#client = client;
    this.#head = head;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    if (offset + length <= this.#head.length) return this.#head.slice(offset, offset + length);
    return length === 0 ? new Uint8Array() : this.#client.range(offset, length, this.size);
  }

  openSibling(location: string): Promise<ByteSource> {
    return this.#client.sibling(location);
  }
}

/** Requests to one URL, tried again where that can help. */
class HttpClient {
  readonly url: URL;
  readonly #options: HttpOptions;
  /** Strong ETag or date of the first answer: later ones must come from the same file. */
  #version: string | undefined;

  constructor(url: URL, options: HttpOptions) {
    this.url = url;
    this.#options = options;
  }

  /** The first bytes and the size, or everything from a server that does not know ranges. */
  async open(length: number, most: number): Promise<{ bytes: Uint8Array; size: number; whole: boolean }> {
    return this.#retry(async () => {
      const response = await this.#request(0, length);
      if (response.status === 416) return { bytes: new Uint8Array(), size: 0, whole: true };
      this.#version = versionOf(response);
      if (response.status === 206) {
        const { size, end } = this.#checkRange(response, 0);
        const bytes = await this.#body(response, end + 1);
        if (bytes.length < end + 1) throw new Interrupted(`${bytes.length} of ${end + 1} bytes came`, 0);
        return { bytes, size, whole: bytes.length === size };
      }
      // The length of a compressed body is another one.
      const encoded = response.headers.get('content-encoding') !== null;
      const declared = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
      const bytes = declared > most ? undefined : await this.#body(response, most);
      if (bytes === undefined || bytes.length > most) {
        await response.body?.cancel().catch(() => undefined);
        throw this.#error(`the server knows no ranges, and more than ${most} bytes are too many to keep in memory`);
      }
      if (bytes.length < declared) throw new Interrupted(`${bytes.length} of ${declared} bytes came`, 0);
      return { bytes, size: bytes.length, whole: true };
    });
  }

  /** A range of bytes; what was received before a connection broke off is kept. */
  async range(offset: number, length: number, size: number): Promise<Uint8Array> {
    const result = new Uint8Array(length);
    let done = 0;
    await this.#retry(async () => {
      const from = offset + done;
      const response = await this.#request(from, length - done);
      if (response.status !== 206) throw this.#error(`the server answered ${response.status} to a range request`);
      if (this.#checkRange(response, from).size !== size || versionOf(response) !== this.#version) {
        await response.body?.cancel();
        throw this.#error('was changed while it was being read');
      }
      const before = done;
      await this.#receive(response, (bytes) => {
        const rest = Math.min(bytes.length, length - done);
        result.set(bytes.subarray(0, rest), done);
        done += rest;
        return done < length;
      });
      if (done < length) throw new Interrupted(`${done} of ${length} bytes came`, done - before);
    });
    return result;
  }

  async sibling(location: string): Promise<ByteSource> {
    checkLocation(this.url.href, location);
    const url = new URL(location.split(/[/\\]/).map(encodeURIComponent).join('/'), this.url);
    url.search = this.url.search;
    return openHttp(url, this.#options);
  }

  async #request(offset: number, length: number): Promise<Response> {
    const { fetch = globalThis.fetch, headers, signal } = this.#options;
    const response = await fetch(this.url, {
      headers: { ...headers, range: `bytes=${offset}-${offset + length - 1}`, 'accept-encoding': 'identity' },
      ...(signal ? { signal } : {}),
    });
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    const message = `the server answered ${response.status} ${response.statusText}`.trim();
    if (response.status >= 500 || response.status === 429) throw new Interrupted(message, 0);
    throw this.#error(message);
  }

  /** What a 206 answer says that it holds. */
  #checkRange(response: Response, offset: number): { end: number; size: number } {
    const text = response.headers.get('content-range') ?? '';
    const [, start, end, size] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(text)?.map(Number) ?? [];
    if (start !== offset || end === undefined || size === undefined || end < offset || end >= size) {
      throw this.#error(`the server sent the range ${JSON.stringify(text)} instead of one at ${offset}`);
    }
    return { end, size };
  }

  /** The body, up to just over `most` bytes. */
  async #body(response: Response, most: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    await this.#receive(response, (bytes) => {
      parts.push(bytes);
      length += bytes.length;
      return length <= most;
    });
    const joined = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  /** Hands the body on piece by piece until `take` has enough. A connection that breaks off ends it early. */
  async #receive(response: Response, take: (bytes: Uint8Array) => boolean): Promise<void> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    for (;;) {
      const step = await reader.read().catch(() => undefined);
      this.#options.signal?.throwIfAborted();
      if (step === undefined || step.done) return;
      if (take(step.value)) continue;
      await reader.cancel().catch(() => undefined);
      return;
    }
  }

  /** Runs requests until one goes through, with growing pauses; those that bring the work forward are free. */
  async #retry<T>(act: () => Promise<T>): Promise<T> {
    const { retries = 3, retryDelay = 200, signal } = this.#options;
    for (let failed = 0; ; failed++) {
      try {
        return await act();
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof FormatError) throw error;
        if (error instanceof Interrupted && error.progress > 0) failed = 0;
        if (failed >= retries) throw this.#error(`cannot be read: ${reasonOf(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, retryDelay * 2 ** failed));
    }
  }

  #error(sentence: string): FormatError {
    return new FormatError(this.url.href, sentence);
  }
}

/** An answer that broke off, or a server that may be better in a moment. */
class Interrupted extends Error {
  override name = 'Interrupted';
  /** Bytes that came through nevertheless. */
  readonly progress: number;

  constructor(message: string, progress: number) {
    super(message);
    this.progress = progress;
  }
}

/** What tells one version of a file from another. */
function versionOf({ headers }: Response): string {
  return headers.get('etag') ?? headers.get('last-modified') ?? '';
}

/** fetch hides the reason in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
