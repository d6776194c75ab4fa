/** Starts the page: draws it, loads the engine, and opens what the address carries or a first example. */

import { render } from "preact";
import "katex/dist/katex.min.css";
import "uplot/dist/uPlot.min.css";
import "./appearance/page.css";
import { App } from "./layout/app";
import { openAddress } from "./share/sharing";
import { makeData, start } from "./state/actions";
import { catalog } from "./state/engine";
import { fail, notice } from "./state/notices";
import { data } from "./state/session";

render(<App />, document.getElementById("page")!);

async function begin(): Promise<void> {
  await start();
  let opened = false;
  try {
    opened = await openAddress();
  } catch (error) {
    fail(error);
  }
  const refused = notice.value;
  const first = catalog.value?.dataSets.find((set) => set.features === 2 && set.task === "classes") ?? catalog.value?.dataSets[0];
  if (!opened && first) await makeData({ name: first.name }, "suggested");
  // The first example settles a failure; that of the address stays to be read.
  if (!opened && refused) notice.value = refused;
  window.addEventListener("hashchange", () => void openAddress().catch(fail));
  document.documentElement.dataset["ready"] = data.value ? "yes" : "no";
}

begin().catch(fail);
