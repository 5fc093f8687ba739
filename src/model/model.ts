import type { ByteSource } from '../format/byte-source.js';
import { type Chunk, Composer, type Rewrites } from '../format/composer.js';
import { FieldReader } from '../format/field-reader.js';
import { NameTable } from '../format/name-table.js';
import { type FieldWriter, rewriteMessage, type Span } from '../format/rewrite-message.js';
import { ModelField, messageSchema } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';
import { decodeText } from '../format/text.js';
import { type Place, placeOf } from './document-part.js';
import { Graph } from './graph.js';
import { LocalFunction } from './local-function.js';
import { Metadata } from './metadata.js';
import { OpsetImports } from './opset-imports.js';

const SCHEMA = messageSchema('ModelProto');

/** What {@link Model.transform} runs: the shape of a pass. */
export interface Transformation<R> {
  readonly name: string;
  run(model: Model, context: { log(message: string): void }): Promise<R>;
}

const TEXTS = ['producerName', 'producerVersion', 'domain', 'docString'] as const;
type TextName = (typeof TEXTS)[number];

/** An ONNX model: the document that is read, edited and written. */
export class Model {
  /** The main graph. */
  readonly graph: Graph;
  /** The operator sets that the main graph's nodes mean. */
  readonly opsetImports: OpsetImports;
  /** Metadata properties. */
  readonly metadata: Metadata;
  /** @internal May any tensor have external data? */
  _hasExternalData: boolean;
  readonly #skeleton: Skeleton;
  readonly #functionPlaces: readonly Place[];
  #functions: readonly LocalFunction[] | undefined;
  readonly #texts: Record<TextName, string> = { producerName: '', producerVersion: '', domain: '', docString: '' };
  readonly #replaced = new Map<number, FieldWriter>();
  #irVersion = 0;
  #modelVersion: number | bigint = 0;
  #modified = false;
  /** @internal See {@link revision}. */
  _revision = 0;
  /** @internal Numbers for the names of values; once a name was asked for, of nodes too. */
  readonly _names: NameTable;
  #allNamed = false;
  readonly #counters = new Map<string, number>();

  /** @internal Use `load`. */
  constructor(skeleton: Skeleton, hasExternalData: boolean) {
    this.#skeleton = skeleton;
    this._hasExternalData = hasExternalData;
    this._names = new NameTable(skeleton.bytes);
    const graphs: Span[] = [];
    const functions: Place[] = [];
    const imports: Place[] = [];
    const metadata: Place[] = [];
    const field = new FieldReader(skeleton, 0, skeleton.bytes.length);
    while (field.next()) {
      const { number } = field;
      if (field.isBytes) {
        const name = TEXTS.find((text) => ModelField[text] === number);
        if (name !== undefined) this.#texts[name] = decodeText(skeleton.bytes, field.start, field.end);
        else if (number === ModelField.graph) graphs.push({ start: field.start, end: field.end });
        else if (number === ModelField.functions) functions.push(placeOf(field));
        else if (number === ModelField.opsetImport) imports.push(placeOf(field));
        else if (number === ModelField.metadataProps) metadata.push(placeOf(field));
      } else if (field.isVarint) {
        if (number === ModelField.irVersion) this.#irVersion = field.int();
        else if (number === ModelField.modelVersion) {
          const version = field.int();
          this.#modelVersion = Number.isSafeInteger(version) ? version : field.bigint();
        }
      }
    }
    this.opsetImports = new OpsetImports(imports, () => {
      this.#replaced.set(ModelField.opsetImport, (out) => this.opsetImports._write(out, ModelField.opsetImport));
      this._touch();
    });
    this.metadata = new Metadata(metadata, () => {
      this.#replaced.set(ModelField.metadataProps, (out) => this.metadata._write(out, ModelField.metadataProps));
      this._touch();
    });
    this.graph = new Graph(this, { skeleton, spans: graphs });
    this.#functionPlaces = functions;
  }

  /** Functions that the model defines itself. */
  get functions(): readonly LocalFunction[] {
    this.#functions ??= this.#functionPlaces.map((place) => new LocalFunction(this, place));
    return this.#functions;
  }

  /** Where the model was read from. */
  get source(): ByteSource {
    return this.#skeleton.source;
  }

  /** Size in bytes of what the model was read from, without external data. */
  get byteLength(): number {
    return this.#skeleton.source.size;
  }

  /** Was anything edited? Saving an unmodified model writes the bytes that were read. */
  get isModified(): boolean {
    return this.#modified;
  }

  /** Goes up with every edit: what was found out about a model holds for as long as this stays what it was. */
  get revision(): number {
    return this._revision;
  }

  get irVersion(): number {
    return this.#irVersion;
  }

  set irVersion(version: number) {
    if (version === this.#irVersion) return;
    this.#irVersion = version;
    this.#replaced.set(ModelField.irVersion, (out) => out.int(ModelField.irVersion, version));
    this._touch();
  }

  /** The model's own version; a bigint when it is beyond 2^53. */
  get modelVersion(): number | bigint {
    return this.#modelVersion;
  }

  set modelVersion(version: number | bigint) {
    if (version === this.#modelVersion) return;
    this.#modelVersion = version;
    this.#replaced.set(ModelField.modelVersion, (out) => out.int(ModelField.modelVersion, version));
    this._touch();
  }

  get producerName(): string {
    return this.#texts.producerName;
  }

  set producerName(text: string) {
    this.#setText('producerName', text);
  }

  get producerVersion(): string {
    return this.#texts.producerVersion;
  }

  set producerVersion(text: string) {
    this.#setText('producerVersion', text);
  }

  get domain(): string {
    return this.#texts.domain;
  }

  set domain(text: string) {
    this.#setText('domain', text);
  }

  get docString(): string {
    return this.#texts.docString;
  }

  set docString(text: string) {
    this.#setText('docString', text);
  }

  #setText(name: TextName, text: string): void {
    if (text === this.#texts[name]) return;
    this.#texts[name] = text;
    const number = ModelField[name];
    this.#replaced.set(number, (out) => out.string(number, text));
    this._touch();
  }

  /** The version imported of a domain ('' is ai.onnx). */
  opset(domain = ''): number | undefined {
    return this.opsetImports.get(domain);
  }

  /** All graphs: the main one, the subgraphs in its nodes depth first, then functions' bodies with theirs. */
  *graphs(): Generator<Graph> {
    yield this.graph;
    yield* this._graphsUnder(this.graph);
    for (const { body } of this.functions) {
      yield body;
      yield* this._graphsUnder(body);
    }
  }

  /**
   * Runs passes in order.
   * @returns their reports
   */
  async transform<R>(...passes: readonly Transformation<R>[]): Promise<R[]> {
    const reports: R[] = [];
    for (const pass of passes) reports.push(await pass.run(this, { log: () => undefined }));
    return reports;
  }

  /** Frees the file that payloads are read from. What was not read cannot be read or saved afterwards. */
  close(): void {
    this.#skeleton.source.close?.();
  }

  /** @internal */
  *_graphsUnder(graph: Graph): Generator<Graph> {
    for (const node of graph.nodes) {
      for (const subgraph of node.subgraphs) {
        yield subgraph;
        yield* this._graphsUnder(subgraph);
      }
    }
  }

  /** @internal */
  _touch(): void {
    this.#modified = true;
    this._revision++;
  }

  /** @internal The file to write. */
  _chunks(rewrites?: Rewrites): readonly Chunk[] {
    const out = new Composer(rewrites);
    const skeleton = this.#skeleton;
    const whole = { start: 0, end: skeleton.bytes.length };
    const isCopied = (graph: Graph) => graph._isCopied(out);
    if (!this.#modified && isCopied(this.graph) && this.functions.every(({ body }) => isCopied(body))) {
      out.range(skeleton, whole.start, whole.end);
      return out.chunks();
    }
    const replaced = new Map(this.#replaced);
    if (!isCopied(this.graph)) {
      replaced.set(ModelField.graph, () => out.message(ModelField.graph, (inner) => this.graph._write(inner)));
    }
    if (!this.functions.every(({ body }) => isCopied(body))) {
      replaced.set(ModelField.functions, () => {
        for (const fn of this.functions) fn._writeField(out, ModelField.functions);
      });
    }
    rewriteMessage(out, SCHEMA, skeleton, [whole], replaced);
    return out.chunks();
  }

  /** @internal A name that no value and no node has or had. */
  _freshName(hint: string): string {
    if (!this.#allNamed) {
      for (const graph of this.graphs()) {
        graph._load();
        for (const node of graph.nodes) this._names.internText(node.name);
      }
      this.#allNamed = true;
    }
    let name = hint;
    if (name === '' || this._names.find(name) !== undefined) {
      let count = this.#counters.get(hint) ?? 0;
      do name = `${hint}_${++count}`;
      while (this._names.find(name) !== undefined);
      this.#counters.set(hint, count);
    }
    this._names.internText(name);
    return name;
  }
}
