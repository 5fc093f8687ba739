/** The files beside a model that hold some of its tensors. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FormatError } from '../format/format-error.js';
import type { Graph } from '../model/graph.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import { CliError } from './errors.js';
import { ExitStatus } from './exit.js';

/**
 * Lets external data travel along to another folder, so that the references of the model stay valid.
 *
 * @param model - the model whose data it is
 * @param from - the model's folder
 * @param to - where the model goes
 * @returns takes back what was copied
 * @throws FormatError when the data is missing or lies outside the model's folder
 * @throws CliError when another file of that name is in the way
 */
export function copyExternalFiles(model: Model, from: string, to: string): () => void {
  const copied: string[] = [];
  const undo = () => {
    for (const path of copied) rmSync(path, { force: true });
  };
  if (resolve(from) === resolve(to)) return undo;
  try {
    for (const location of externalLocations(model)) {
      const source = sourcePath(model, location);
      const target = join(to, location);
      if (existsSync(target)) {
        if (isSameContent(source, target)) continue;
        throw new CliError(ExitStatus.USAGE, `${target} is in the way of the model's external data`);
      }
      mkdirSync(dirname(target), { recursive: true });
      copied.push(target);
      copyFileSync(source, target);
    }
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

/** Locations of all external data, relative to the model's folder, each once. */
export function externalLocations(model: Model): string[] {
  const locations = new Set<string>();
  for (const graph of model.graphs()) {
    for (const { external } of tensorsOf(graph)) if (external !== undefined) locations.add(external.location);
  }
  return [...locations];
}

/** All tensors that a graph itself holds: initializers and those in attributes of its nodes. */
export function tensorsOf(graph: Graph): Tensor[] {
  const tensors: (Tensor | undefined)[] = [];
  for (const { initializer, sparseInitializer } of graph.initializers) {
    tensors.push(initializer, sparseInitializer?.values, sparseInitializer?.indices);
  }
  for (const node of graph.nodes) {
    for (const attribute of node.attributes) tensors.push(attribute.asTensor(), ...(attribute.asTensors() ?? []));
  }
  return tensors.filter((tensor) => tensor !== undefined);
}

/** The path of external data, checked to be in the model's folder. */
function sourcePath(model: Model, location: string): string {
  const file = model.source.sibling?.(location);
  file?.close?.();
  if (file?.location === undefined) throw new FormatError(model.source.name, `external data ${location} has no path`);
  return file.location;
}

function isSameContent(a: string, b: string): boolean {
  const [first, second] = [statSync(a), statSync(b)];
  if (first.dev === second.dev && first.ino === second.ino) return true;
  return first.size === second.size && readFileSync(a).equals(readFileSync(b));
}
