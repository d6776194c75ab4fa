/** Files that the reader opens or drops: tables, recipes and models. */

import { readTable } from "../state/actions";
import { guard } from "../state/notices";
import type { TableSettings } from "../worker/contract";
import { openModel, openRecipe } from "../take_along/opening";
import { drawing } from "./drawing";

/** The largest file that the page reads; a browser's tab has little more memory. */
const LARGEST = 200e6;

export async function openFile(file: File): Promise<void> {
  await guard(async () => {
    if (file.size > LARGEST) {
      throw new Error(`${file.name} has ${Math.round(file.size / 1e6)} MB, and this page reads up to ${LARGEST / 1e6}: train on it with \`pellucid train\`.`);
    }
    await openBytes(new Uint8Array(await file.arrayBuffer()), file.name, {});
  });
}

/** Opens the contents of a file; its name says what it is. Says whether the page took it. */
export async function openBytes(bytes: Uint8Array, name: string, settings: TableSettings): Promise<boolean> {
  drawing.value = false;
  if (/\.toml$/i.test(name)) return openRecipe(new TextDecoder().decode(bytes));
  if (/\.safetensors$/i.test(name)) return openModel(bytes, name);
  return (await readTable(bytes, name, settings)) === true;
}

/** Takes files that are dropped anywhere on the page. */
export function acceptDrops(target: HTMLElement, hovering: (over: boolean) => void): () => void {
  let depth = 0;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  const enter = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    hovering(true);
  };
  const over = (event: DragEvent) => carriesFiles(event) && event.preventDefault();
  const leave = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) hovering(false);
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    hovering(false);
    const file = event.dataTransfer?.files[0];
    if (file) void openFile(file);
  };
  target.addEventListener("dragenter", enter);
  target.addEventListener("dragover", over);
  target.addEventListener("dragleave", leave);
  target.addEventListener("drop", drop);
  return () => {
    target.removeEventListener("dragenter", enter);
    target.removeEventListener("dragover", over);
    target.removeEventListener("dragleave", leave);
    target.removeEventListener("drop", drop);
  };
}
