/** The one engine of the page, and what it says of itself. */

import { signal } from "@preact/signals";
import { EngineClient, type Reports } from "../worker/client";
import type { About, BuiltInRecipe, DataSetInfo, Descriptor, Descriptors } from "../worker/contract";
import { engineSource } from "../worker/engine_source";
import PageWorker from "../worker/worker?worker&inline";

export interface Catalog {
  about: About;
  descriptors: Descriptors;
  dataSets: DataSetInfo[];
  recipes: BuiltInRecipe[];
}

export const catalog = signal<Catalog | null>(null);

let client: EngineClient | null = null;

export function engine(): EngineClient {
  if (!client) throw new Error("the engine is still loading: wait a moment and try again");
  return client;
}

export async function startEngine(reports: Reports): Promise<Catalog> {
  const started = new EngineClient(new PageWorker() as never, reports);
  await started.start(await engineSource());
  const [about, descriptors, dataSets, recipes] = await Promise.all([
    started.call("about"), started.call("descriptors"), started.call("data_sets"), started.call("built_in_recipes"),
  ]);
  client = started;
  return (catalog.value = { about, descriptors, dataSets, recipes });
}

export function descriptor(kind: keyof Descriptors, name: string): Descriptor | undefined {
  return catalog.value?.descriptors[kind]?.find((one) => one.name === name || one.aliases.includes(name));
}
