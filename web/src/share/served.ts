/** Opens what `pellucid play` serves beside the page. */

import { openBytes } from "../data/files";
import { openModel } from "../take_along/opening";

/** The fragment of the address that `pellucid play` opens. */
export const SERVED = "#served";

/** A file; of a table the column to predict; of a model the table that is served with it. */
interface About {
  name: string;
  target: string | null;
  table: string | null;
}

export async function openServed(): Promise<boolean> {
  const about = (await (await part("about")).json()) as About;
  const bytes = await bytesOf("file");
  if (about.table !== null) return openModel(bytes, about.name, { file: about.table, bytes: await bytesOf("table") });
  return openBytes(bytes, about.name, about.target === null ? {} : { target: about.target });
}

async function bytesOf(name: string): Promise<Uint8Array> {
  return new Uint8Array(await (await part(name)).arrayBuffer());
}

async function part(name: string): Promise<Response> {
  const gone = "What `pellucid play` served is not there any more: start the command again, and open the address that it prints.";
  let response;
  try {
    response = await fetch(new URL(`served/${name}`, document.baseURI));
  } catch {
    throw new Error(gone);
  }
  if (!response.ok) throw new Error(gone);
  return response;
}
