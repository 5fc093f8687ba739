import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttp } from '../../src/format/http-source.js';
import { load } from '../../src/model/load.js';
import { serialize } from '../../src/model/save.js';
import { bytesOf, field, int, model } from '../support/wire.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Answers requests with `answer`; gives the URL and what was asked. */
async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<{ url: string; ranges: string[] }> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? '');
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`, ranges };
}

/** First and last byte that a request asks for. */
function rangeOf({ headers }: IncomingMessage): [from: number, to: number] {
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
  return [Number(from), Number(to)];
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}

/** A server that does as the standard says. */
function sendRange(file: Uint8Array, request: IncomingMessage, response: ServerResponse, headers = {}): void {
  const [from, to] = rangeOf(request);
  if (from >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  const end = Math.min(to, file.length - 1);
  response.writeHead(206, {
    'content-range': `bytes ${from}-${end}/${file.length}`,
    'content-length': end - from + 1,
    etag: '"1"',
    ...headers,
  });
  response.end(file.subarray(from, end + 1));
}

const weights = Array.from({ length: 3 }, (_, k) => Uint8Array.from({ length: 200_000 }, (_, i) => i * (k + 3)));
const FILE = model(
  field(2, 'far'),
  ...weights.map((w, k) => field(5, int(1, w.length), int(2, 2), field(8, `w${k}`), field(9, [...w]))),
);
const quick = { retryDelay: 1, readAhead: 4096 };

describe('HTTP ranges', () => {
  it('reads the skeleton of a model from a slow server, and payloads when asked', async () => {
    const { url, ranges } = await serve((request, response) =>
      setTimeout(() => sendRange(FILE, request, response), 20),
    );
    const source = await openHttp(url, quick);
    const remote = await load(source);
    expect(remote.graph.initializers.map(({ name }) => name)).toEqual(['w0', 'w1', 'w2']);
    expect(remote.byteLength).toBe(FILE.length);
    expect(ranges.length).toBeLessThan(8);
    const [, second] = remote.graph.initializers;
    expect(() => second?.initializer?.dense()).toThrow('load() them first');
    expect(isSame((await second?.initializer?.load())?.data as Uint8Array, weights[1])).toBe(true);
    remote.graph.name = 'near';
    const saved = await load(await serialize(remote));
    expect(saved.graph.name).toBe('near');
    expect(isSame(saved.graph.initializers[2]?.initializer?.dense().data as Uint8Array, weights[2])).toBe(true);
  });

  it('takes the whole file from a server without ranges, up to a limit', async () => {
    const { url, ranges } = await serve((_, response) => response.writeHead(200).end(FILE));
    expect(isSame(await serialize(await load(await openHttp(url))), FILE)).toBe(true);
    expect(ranges).toEqual(['bytes=0-262143']);
    await expect(openHttp(url, { maxDownload: 1000 })).rejects.toThrow('knows no ranges');
    const lying = await serve((_, response) => response.writeHead(200, { 'content-length': 1e12 }).end());
    await expect(openHttp(lying.url)).rejects.toThrow('knows no ranges');
  });

  it('goes on where a connection broke off', async () => {
    const { url, ranges } = await serve((request, response, count) => {
      if (count === 1) {
        sendRange(FILE, request, response);
        return;
      }
      const [from, to] = rangeOf(request);
      response.writeHead(206, {
        'content-range': `bytes ${from}-${to}/${FILE.length}`,
        'content-length': to - from + 1,
        etag: '"1"',
      });
      // The second answer breaks off in the middle.
      if (count === 3) response.end(FILE.subarray(from, to + 1));
      else
        response.write(FILE.subarray(from, from + Math.floor((to - from) / 2)), () =>
          setTimeout(() => response.destroy(), 20),
        );
    });
    const source = await openHttp(url, quick);
    expect(isSame(await source.read(100_000, 300_000), FILE.slice(100_000, 400_000))).toBe(true);
    expect(ranges.length).toBe(3);
    expect(Number(/bytes=(\d+)/.exec(ranges[2] as string)?.[1])).toBeGreaterThan(100_000);
  });

  it('tries again when the server is busy, and gives up at last', async () => {
    const recovering = await serve((request, response, count) => {
      if (count < 3) response.writeHead(503).end();
      else sendRange(FILE, request, response);
    });
    expect((await openHttp(recovering.url, quick)).size).toBe(FILE.length);
    const dead = await serve((_, response) => response.writeHead(503, 'Busy').end());
    await expect(openHttp(dead.url, quick)).rejects.toThrow('503 Busy');
    expect(dead.ranges.length).toBe(4);
    await expect(openHttp('http://127.0.0.1:1/x', quick)).rejects.toThrow('cannot be read');
  });

  it('refuses wrong answers at once', async () => {
    const missing = await serve((_, response) => response.writeHead(404, 'Not Found').end());
    await expect(openHttp(missing.url, quick)).rejects.toThrow('404 Not Found');
    expect(missing.ranges.length).toBe(1);
    const shifted = await serve((_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 5-9/20' }).end('12345'),
    );
    await expect(openHttp(shifted.url, quick)).rejects.toThrow('instead of one at 0');
    const nonsense = await serve((_, response) => response.writeHead(206).end('12345'));
    await expect(openHttp(nonsense.url, quick)).rejects.toThrow('the range ""');
  });

  it('notices that the file was replaced', async () => {
    const { url } = await serve((request, response, count) =>
      sendRange(FILE, request, response, { etag: count === 1 ? '"1"' : '"2"' }),
    );
    const source = await openHttp(url, quick);
    await expect(source.read(50_000, 10)).rejects.toThrow('was changed');
  });

  it('reads external data beside the model, and nothing else', async () => {
    const entry = (key: string, value: string) => field(13, field(1, key), field(2, value));
    const external = (location: string) =>
      model(
        field(5, int(1, 4), int(2, 2), field(8, 'w'), entry('location', location), entry('offset', '2'), int(14, 1)),
      );
    const { url } = await serve((request, response) => {
      const path = request.url ?? '';
      if (path === '/model.onnx') sendRange(external('data/w 1.bin'), request, response);
      else if (path === '/data/w%201.bin') sendRange(Uint8Array.of(9, 9, 1, 2, 3, 4), request, response);
      else if (path === '/escape.onnx') sendRange(external('../secret'), request, response);
      else response.writeHead(404).end();
    });
    const tensor = (await load(url)).graph.initializers[0]?.initializer;
    expect((await tensor?.load())?.data).toEqual(Uint8Array.of(1, 2, 3, 4));
    const outside = (await load(url.replace('model', 'escape'))).graph.initializers[0]?.initializer;
    await expect(outside?.load()).rejects.toThrow('not a path inside');
  });

  it('stops when told to', async () => {
    const { url } = await serve(() => undefined);
    await expect(openHttp(url, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout');
  });

  it('says that an empty resource is none', async () => {
    const { url } = await serve((request, response) => sendRange(bytesOf(), request, response));
    await expect(load(url)).rejects.toThrow('is empty');
  });
});
