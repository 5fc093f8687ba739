import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { type SaveOptions, save, serialize } from '../../src/model/save.js';
import { walkTensors } from '../../src/model/tensor-walk.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { runModel } from '../support/run-model.js';
import { tempDir } from '../support/temp-dir.js';
import { field, int, model as modelBytes } from '../support/wire.js';

const root = tempDir();
const folder = () => mkdtempSync(join(root, 'case-'));

/** Elements that tell their place; 5000 bytes. */
const ramp = (step: number) => Float32Array.from({ length: 1250 }, (_, i) => (i * step) % 251);
const weight = (step: number) => ({ dtype: DataType.FLOAT, shape: [1250], data: ramp(step) });

/** y = x + w0 + w1, a constant in a branch, and a small and a string constant that always stay. */
async function sample(path: string, options?: SaveOptions): Promise<string[]> {
  const model = await emptyModel();
  const { graph } = model;
  const x = graph.addInput('x', DataType.FLOAT, [1250]);
  let y = x;
  for (const k of [0, 1]) {
    const w = graph.addInitializer(`w${k}`, weight(k + 1));
    y = graph.addNode({ opType: 'Add', inputs: [y, w] }).outputs[0] as typeof x;
  }
  const value = { tensor: weight(7) };
  const c = graph.addNode({ opType: 'Constant', inputs: [], attributes: { value } }).outputs[0];
  y = graph.addNode({ opType: 'Add', inputs: [y, c] }).outputs[0] as typeof x;
  graph.addInitializer('small', { dtype: DataType.UINT8, shape: [3], data: Uint8Array.of(1, 2, 3) });
  graph.addInitializer('words', { dtype: DataType.STRING, shape: [1], data: ['x'.repeat(2000)] });
  graph.addOutput(y);
  y.setDeclared({ kind: 'tensor', elemType: DataType.FLOAT, shape: [1250] });
  return save(model, path, options);
}

/** Elements of all tensors, wherever they are. */
function elements(model: Model): unknown[] {
  return [...walkTensors(model)].map(({ tensor }) => [tensor.name, tensor.dense()]);
}

async function expectSame(path: string, original: string): Promise<Model> {
  const model = await load(path);
  expect(elements(model)).toEqual(elements(await load(original)));
  return model;
}

const externals = (model: Model) =>
  [...walkTensors(model)].flatMap(({ tensor: { external } }) => (external ? [external] : []));

describe('placing weights', () => {
  it('split: large ones go to data files, aligned, and back inline', async () => {
    const dir = folder();
    const whole = join(dir, 'whole.onnx');
    await sample(whole);
    const model = await load(whole);
    const written = await save(model, join(dir, 'split.onnx'), { external: { split: 1e9 } });
    expect(written.map((path) => basename(path))).toEqual(['split.onnx.data', 'split.onnx']);
    const split = await expectSame(join(dir, 'split.onnx'), whole);
    expect(externals(split).map(({ offset, length }) => [offset % 64, length])).toEqual(Array(3).fill([0, 5000]));
    expect(readFileSync(join(dir, 'split.onnx')).length).toBeLessThan(4000);
    expect(split.graph.value('small')?.initializer?.location).toBe('raw');
    await save(split, join(dir, 'inline.onnx'), { external: 'inline' });
    expect(externals(await expectSame(join(dir, 'inline.onnx'), whole))).toEqual([]);
    expect(await serialize(split, { external: 'inline' })).toEqual(
      new Uint8Array(readFileSync(join(dir, 'inline.onnx'))),
    );
    const want = await runModel(whole, 'x', ramp(3));
    for (const name of ['split.onnx', 'inline.onnx']) {
      expect(await runModel(join(dir, name), 'x', ramp(3))).toEqual(want);
    }
  });

  it('split: files do not exceed the size, and never replace one that exists', async () => {
    const dir = folder();
    const path = join(dir, 'm.onnx');
    const names = async () => (await sample(path, { external: { split: 11_000 } })).map((file) => basename(file));
    expect(await names()).toEqual(['m.onnx.data', 'm.onnx.1.data', 'm.onnx']);
    expect(readFileSync(join(dir, 'm.onnx.data')).length).toBe(10_056);
    expect(await names()).toEqual(['m.onnx.2.data', 'm.onnx.3.data', 'm.onnx']);
    await sample(join(dir, 'w.onnx'));
    await expectSame(path, join(dir, 'w.onnx'));
    await sample(path, { external: { split: 100 }, alignment: 1 });
    expect(readdirSync(dir).filter((name) => name.endsWith('.data')).length).toBe(7);
    await expectSame(path, join(dir, 'w.onnx'));
  });

  it('split in place reads the old data while it writes the new', async () => {
    const dir = folder();
    const path = join(dir, 'm.onnx');
    await sample(path, { external: { split: 1e9 } });
    await sample(join(dir, 'w.onnx'));
    const model = await load(path);
    model.graph.name = 'again';
    await save(model, path, { external: { split: 1e9 } });
    await expectSame(path, join(dir, 'w.onnx'));
    expect(elements(model).length).toBe(5);
  });

  it('overlay: a small file that refers into the original', async () => {
    const dir = folder();
    const whole = join(dir, 'whole.onnx');
    await sample(whole);
    const model = await load(whole);
    model.graph.name = 'overlaid';
    await save(model, join(dir, 'over.onnx'), { overlay: true });
    const over = await expectSame(join(dir, 'over.onnx'), whole);
    expect(over.graph.name).toBe('overlaid');
    expect(new Set(externals(over).map(({ location }) => location))).toEqual(new Set(['whole.onnx']));
    expect(readFileSync(join(dir, 'over.onnx')).length).toBeLessThan(4000);
    expect(await runModel(join(dir, 'over.onnx'), 'x', ramp(3))).toEqual(await runModel(whole, 'x', ramp(3)));
    await expect(save(model, whole, { overlay: true })).rejects.toThrow('cannot refer to itself');
    await expect(save(model, join(folder(), 'far.onnx'), { overlay: true })).rejects.toThrow('has to be in the folder');
    const nowhere = await load(await serialize(model));
    await expect(save(nowhere, join(dir, 'x.onnx'), { overlay: true })).rejects.toThrow('is not a file');
  });

  it('keep and copy: references stay, in another folder with the data', async () => {
    const dir = folder();
    const path = join(dir, 'm.onnx');
    await sample(path, { external: { split: 1e9 } });
    const model = await load(path);
    const beside = join(dir, 'beside.onnx');
    await save(model, beside);
    expect(readFileSync(beside)).toEqual(readFileSync(path));
    const elsewhere = folder();
    const target = join(elsewhere, 'moved.onnx');
    await expect(save(model, target)).rejects.toThrow('external data "m.onnx.data", which is not beside it');
    expect(readdirSync(elsewhere)).toEqual([]);
    const written = await save(model, target, { external: 'copy' });
    expect(written.map((file) => basename(file))).toEqual(['m.onnx.data', 'moved.onnx']);
    await expectSame(target, path);
    expect((await save(model, target, { external: 'copy' })).length).toBe(1);
    writeFileSync(join(elsewhere, 'm.onnx.data'), 'something else');
    await expect(save(model, target, { external: 'copy' })).rejects.toThrow('in the way');
  });

  it('brings data of another model into the file', async () => {
    const dir = folder();
    await sample(join(dir, 'm.onnx'), { external: { split: 1e9 } });
    const donor = await load(join(dir, 'm.onnx'));
    const model = await emptyModel();
    const tensor = donor.graph.value('w1')?.initializer;
    model.graph.addInitializer('taken', tensor as NonNullable<typeof tensor>);
    const again = await load(await serialize(model));
    expect(again.graph.value('taken')?.initializer?.location).toBe('raw');
    expect(again.graph.value('taken')?.initializer?.dense().data).toEqual(ramp(2));
  });

  it('reports progress to the end, and stops when told to', async () => {
    const dir = folder();
    const seen: [number, number][] = [];
    await sample(join(dir, 'm.onnx'), { external: { split: 6000 }, onProgress: (...at) => seen.push(at) });
    const [done, total] = seen.at(-1) as [number, number];
    expect(done).toBe(total);
    expect(seen.map(([at]) => at)).toEqual(seen.map(([at]) => at).sort((a, b) => a - b));
    const stopped = sample(join(dir, 'never.onnx'), { external: { split: 6000 }, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow('abort');
    expect(readdirSync(dir).filter((name) => name.includes('never'))).toEqual([]);
  });
});

describe('external data that is not to be trusted', () => {
  const entry = (key: string, value: string) => field(13, field(1, key), field(2, value));
  const write = (dir: string, location: string, ...rest: number[][]) => {
    const path = join(dir, 'm.onnx');
    const entries = [entry('location', location), ...rest];
    writeFileSync(path, modelBytes(field(5, int(1, 4), int(2, 2), field(8, 'w'), ...entries, int(14, 1))));
    return path;
  };
  const read = async (path: string) => (await load(path)).graph.initializers[0]?.initializer?.dense();

  it.each([
    '/etc/hostname',
    '../secret.bin',
    'sub/../../secret.bin',
    'sub/..',
    '',
    '.',
    'sub/',
    'C:\\secret.bin',
    'c:secret.bin',
    '..\\secret.bin',
    '\\\\server\\share\\x',
    'a\0b',
  ])('refuses the location %j on reading and writing', async (location) => {
    const dir = folder();
    writeFileSync(join(root, 'secret.bin'), 'abcd');
    mkdirSync(join(dir, 'sub'));
    const path = write(dir, location);
    await expect(read(path)).rejects.toThrow("is not a path inside the model's folder");
    const model = await load(path);
    for (const external of ['keep', 'copy', 'inline'] as const) {
      await expect(save(model, join(dir, 'out.onnx'), { external })).rejects.toThrow('is not a path inside');
    }
    expect(existsSync(join(dir, 'out.onnx'))).toBe(false);
  });

  it('refuses links that lead out, hard links, folders and devices', async () => {
    const outside = join(folder(), 'secret.bin');
    writeFileSync(outside, 'abcd');
    const dir = folder();
    symlinkSync(outside, join(dir, 'link.bin'));
    await expect(read(write(dir, 'link.bin'))).rejects.toThrow('is a link out of');
    linkSync(outside, join(dir, 'hard.bin'));
    await expect(read(write(dir, 'hard.bin'))).rejects.toThrow('is a hard link');
    mkdirSync(join(dir, 'folder.bin'));
    await expect(read(write(dir, 'folder.bin'))).rejects.toThrow('is not a regular file');
    symlinkSync('/dev/zero', join(dir, 'zero.bin'));
    await expect(read(write(dir, 'zero.bin'))).rejects.toThrow('is a link out of');
    symlinkSync(join(outside, '..'), join(dir, 'way'));
    await expect(read(write(dir, 'way/secret.bin'))).rejects.toThrow('is a link out of');
    const target = folder();
    symlinkSync(outside.slice(0, -'/secret.bin'.length), join(target, 'sub'));
    mkdirSync(join(dir, 'sub'));
    writeFileSync(join(dir, 'sub/w.bin'), 'abcd');
    const model = await load(write(dir, 'sub/w.bin'));
    await expect(save(model, join(target, 'm.onnx'), { external: 'copy' })).rejects.toThrow('is a link');
  });

  it('follows links that stay in the folder, or go where the model itself is', async () => {
    const store = folder();
    writeFileSync(join(store, 'blob'), 'abcd');
    const dir = folder();
    write(store, 'w.bin');
    symlinkSync(join(store, 'm.onnx'), join(dir, 'm.onnx'));
    symlinkSync(join(store, 'blob'), join(dir, 'w.bin'));
    expect((await read(join(dir, 'm.onnx')))?.data).toEqual(Uint8Array.of(97, 98, 99, 100));
    writeFileSync(join(dir, 'data.bin'), 'xyzw');
    symlinkSync('data.bin', join(dir, 'inner.bin'));
    const own = folder();
    writeFileSync(join(own, 'data.bin'), 'xyzw');
    symlinkSync('data.bin', join(own, 'inner.bin'));
    expect((await read(write(own, 'inner.bin')))?.data).toEqual(Uint8Array.of(120, 121, 122, 119));
  });

  it('names what is missing or too short', async () => {
    const dir = folder();
    await expect(read(write(dir, 'none.bin'))).rejects.toThrow('none.bin: does not exist');
    writeFileSync(join(dir, 'short.bin'), 'abc');
    await expect(read(write(dir, 'short.bin'))).rejects.toThrow('short.bin: is too short: 4 bytes at offset 0');
    const offset = write(dir, 'short.bin', entry('offset', '9007199254740000'));
    await expect(read(offset)).rejects.toThrow('is too short');
    await expect(read(write(dir, 'short.bin', entry('offset', '-1')))).rejects.toThrow(
      'offset "-1" is not a byte count',
    );
    await expect(read(write(dir, 'short.bin', entry('length', '1e3')))).rejects.toThrow('length "1e3" is not');
    writeFileSync(join(dir, 'long.bin'), 'abcdefgh');
    await expect(read(write(dir, 'long.bin', entry('length', '8')))).rejects.toThrow('8 bytes for uint8[4]');
    expect((await read(write(dir, 'long.bin', entry('offset', '2'))))?.data).toEqual(Uint8Array.of(99, 100, 101, 102));
  });

  it('opens a thousand data files with few at a time', async () => {
    const dir = folder();
    const tensors = Array.from({ length: 1000 }, (_, i) => {
      writeFileSync(join(dir, `w${i}.bin`), Uint8Array.of(i % 256));
      return field(5, int(1, 1), int(2, 2), field(8, `w${i}`), entry('location', `w${i}.bin`), int(14, 1));
    });
    writeFileSync(join(dir, 'm.onnx'), modelBytes(...tensors));
    const model = await load(join(dir, 'm.onnx'));
    for (const round of [0, 1]) {
      model.graph.initializers.forEach(({ initializer }, i) => {
        expect(initializer?.dense().data[0], `round ${round}`).toBe(i % 256);
      });
    }
    if (process.platform === 'linux') expect(readdirSync('/proc/self/fd').length).toBeLessThan(200);
    model.close();
  });

  it('notices data that changes while the model is in use', async () => {
    const dir = folder();
    const path = write(dir, 'w.bin');
    writeFileSync(join(dir, 'w.bin'), 'abcd');
    const model = await load(path);
    expect(elements(model).length).toBe(1);
    const saving = save(model, join(dir, 'out.onnx'), {
      external: 'inline',
      onProgress: () => writeFileSync(join(dir, 'w.bin'), 'changed by somebody'),
    });
    await expect(saving).rejects.toThrow('was changed by somebody else');
    expect(existsSync(join(dir, 'out.onnx'))).toBe(false);
  });
});
