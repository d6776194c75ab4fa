/**
 * Links that carry everything in their fragment, which browsers send to no server: `#p1.LENGTH.DATA`. DATA is JSON, compressed
 * (raw DEFLATE) and in base64 for addresses; LENGTH is its number of characters, so that a link that was cut off is noticed.
 */

import type { DataRequest, DataSet, TableSettings } from "../worker/contract";

/**
 * The data of a link: how they are made, the rows themselves, those that the recipe describes, or a file of text or a model, which
 * `pellucid play` puts into links.
 */
export type SharedData =
  | { kind: "made"; request: DataRequest }
  | { kind: "rows"; data: DataSet }
  | { kind: "recipe" }
  | { kind: "table"; file: string; text: string; settings: TableSettings }
  | { kind: "model"; file: string; base64: string; table?: { file: string; text: string } };

export interface Shared {
  /** It may be empty for a set of the page, and is for a table or a model: the page finds theirs. */
  recipe: string;
  data: SharedData;
  /** The step at which the training stood. */
  step: number;
  /** The weights that were set by hand: after which step, layer, from (-1 the bias), to, value. */
  edits?: [number, number, number, number, number][];
  /** The row that was explained, counted from 0. */
  sample: number;
}

/** The longest link that all common browsers and most messages take. */
export const LONGEST_LINK = 64_000;

const PREFIX = "p1";

/** A link that cannot be read; the message says why and what to do. */
export class LinkError extends Error {
  override name = "LinkError";
}

export async function encode(shared: Shared): Promise<string> {
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(shared)));
  const data = toBase64(packed);
  return `#${PREFIX}.${data.length}.${data}`;
}

/** Reads a fragment; null where it is none of this page's. */
export async function decode(fragment: string): Promise<Shared | null> {
  const match = /^#?p(\d+)(?:\.(\d*)(?:\.(.*))?)?$/s.exec(fragment);
  if (!match) return null;
  const [, version, length, data] = match;
  if (`p${version}` !== PREFIX) {
    throw new LinkError(`This link is of version ${version}, and this page reads version 1. Open it with a newer page.`);
  }
  if (!length || data === undefined || data.length < Number(length)) {
    const promised = length && data !== undefined ? `${data.length} of its ${length} characters arrived` : "its end is missing";
    throw new LinkError(`This link was cut off: ${promised}. Copy it again as a whole; nothing on this page has changed.`);
  }
  const damaged = "This link is damaged: its characters make no sense. Copy it again as a whole; nothing on this page has changed.";
  if (data.length > Number(length)) throw new LinkError(damaged);
  try {
    const bytes = await through(new DecompressionStream("deflate-raw"), fromBase64(data));
    return checked(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), damaged);
  } catch {
    throw new LinkError(damaged);
  }
}

function checked(value: unknown, damaged: string): Shared {
  const shared = value as Partial<Shared> | null;
  if (!shared || typeof shared.recipe !== "string" || !isData(shared.data)) throw new LinkError(damaged);
  const count = (number: unknown) => (Number.isSafeInteger(number) && (number as number) > 0 ? (number as number) : 0);
  const isEdit = (edit: unknown) => Array.isArray(edit) && edit.length === 5 && edit.every((number) => Number.isFinite(number));
  const edits = Array.isArray(shared.edits) ? shared.edits.filter(isEdit) : [];
  return {
    recipe: shared.recipe, data: shared.data, step: count(shared.step), sample: count(shared.sample), ...(edits.length > 0 && { edits }),
  };
}

function isData(value: unknown): value is SharedData {
  const data = value as Partial<Record<string, unknown>> | null;
  const isObject = (part: unknown) => typeof part === "object" && part !== null;
  const isText = (part: unknown) => typeof part === "string";
  switch (data?.["kind"]) {
    case "made":
      return isObject(data["request"]);
    case "rows":
      return isObject(data["data"]);
    case "recipe":
      return true;
    case "table":
      return isText(data["file"]) && isText(data["text"]) && isObject(data["settings"]);
    case "model":
      return isText(data["file"]) && isText(data["base64"]) && (data["table"] === undefined || isData({ ...(data["table"] as object), kind: "table", settings: {} }));
    default:
      return false;
  }
}

async function through(transform: CompressionStream | DecompressionStream, bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(transform as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The bytes of base64, of the alphabet for addresses or the usual one. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
