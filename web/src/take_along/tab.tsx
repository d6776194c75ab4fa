/** What the reader can take along: files, and the lines that do the same elsewhere. */

import { engine } from "../state/engine";
import { announce, guard } from "../state/notices";
import { data, info, origin, recipe, run, sample, toml } from "../state/session";
import type { PictureKind } from "../worker/contract";
import { pngOf, save } from "./files";
import { commandLines, pythonLines, withRows } from "./recipe_file";

const PICTURES: { kind: PictureKind; name: string }[] = [
  { kind: "boundary", name: "Answers" },
  { kind: "curves", name: "Curves" },
  { kind: "weights", name: "Weights" },
];

export function TakeTab() {
  if (run.value === null || !data.value || !info.value) return null;
  return (
    <div class="take-tab">
      <section aria-labelledby="take-files">
        <h3 id="take-files">Files</h3>
        <div class="row">
          <button type="button" class="button" onClick={() => void takeRecipe()}>
            Recipe (TOML)
          </button>
          <button type="button" class="button" onClick={() => void takeModel()}>
            Model (safetensors)
          </button>
          <button type="button" class="button" onClick={() => void takeExplanation()}>
            Worked step (Markdown)
          </button>
        </div>
        <h3>Pictures</h3>
        {PICTURES.map(({ kind, name }) => (
          <div class="row picture-row" key={kind}>
            <span>{name}</span>
            <button type="button" class="button" aria-label={`${name} as SVG`} onClick={() => void takePicture(kind, "svg")}>
              SVG
            </button>
            <button type="button" class="button" aria-label={`${name} as PNG`} onClick={() => void takePicture(kind, "png")}>
              PNG
            </button>
          </div>
        ))}
      </section>
      <Lines title="In a shell" lines={commandLines(origin.value)} />
      <Lines title="In Python" lines={pythonLines(origin.value, data.value)} />
      {origin.value.kind !== "table" && data.value.test.inputs.length > 0 && (
        <p class="hint">recipe.toml holds the {data.value.training.inputs.length} training rows; the rows of the test stay here.</p>
      )}
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: string }) {
  const copy = async () => {
    await guard(() => navigator.clipboard.writeText(lines));
    announce("Copied.");
  };
  return (
    <section>
      <h3>{title}</h3>
      <pre class="lines" tabIndex={0}>
        {lines}
      </pre>
      <button type="button" class="button" aria-label={`Copy: ${title}`} onClick={() => void copy()}>
        Copy
      </button>
    </section>
  );
}

async function takeRecipe(): Promise<void> {
  await guard(async () => {
    const { value: current } = recipe;
    if (!current || !data.value) return;
    const complete = withRows(current, data.value, origin.value);
    save(complete === current ? toml.value : await engine().call("print_recipe", complete), "recipe.toml", "application/toml");
  });
}

async function takeModel(): Promise<void> {
  await guard(async () => save(await engine().call("model_file", run.value!), "model.safetensors", "application/octet-stream"));
}

async function takeExplanation(): Promise<void> {
  await guard(async () => save(await engine().call("explain_markdown", run.value!, sample.value), "step.md", "text/markdown"));
}

async function takePicture(kind: PictureKind, format: "svg" | "png"): Promise<void> {
  await guard(async () => {
    const svg = await engine().call("picture", run.value!, kind);
    if (format === "svg") save(svg, `${kind}.svg`, "image/svg+xml");
    else save(await pngOf(svg), `${kind}.png`, "image/png");
  });
}
