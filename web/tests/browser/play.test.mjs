// `pellucid play` with the built page in a real browser. PELLUCID names the command; target/debug/pellucid by default.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DIST, findChromium, openBrowser } from "./chromium.mjs";

const command = process.env.PELLUCID ?? fileURLToPath(new URL("../../../target/debug/pellucid", import.meta.url));
const onePage = join(DIST, "pellucid.html");
const missing = !existsSync(onePage)
  ? "web/dist is missing: build the page with scripts/page"
  : findChromium() === null
    ? "no Chromium was found: install one, or name it in CHROMIUM"
    : existsSync(command)
      ? false
      : `${command} is missing: build the command first, or set PELLUCID`;
const CSV = "kind,length,width\n" + Array.from({ length: 60 }, (_, row) => `${row % 2 ? "reed" : "fern"},${row % 7},${(row * 5) % 11}`).join("\n");
const RECIPE = `data = { source = "inline", inputs = [[0, 0], [0, 1], [1, 0], [1, 1]], targets = [[0], [1], [1], [0]] }
network = { layers = [2, 3, 1], activation = "sigmoid" }
train = { loss = "squared_error", learning_rate = 0.5, epochs = 20, seed = 1 }
`;

let browser;
let folder;
const model = () => join(folder, "plants.safetensors");
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "pellucid-play-"));
  writeFileSync(join(folder, "plants.csv"), CSV);
  writeFileSync(join(folder, "gate.toml"), RECIPE);
  if (missing) return;
  const train = ["train", join(folder, "plants.csv"), "--target", "kind", "--epochs", "20", "--hidden", "3", "--out", model()];
  execFileSync(command, train, { stdio: "ignore" });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command while it serves; `check` gets the page that it serves. */
async function served(args, check) {
  const child = spawn(command, ["play", ...args, "--page", onePage]);
  const [line] = await once(child.stdout, "data");
  const context = await browser.browser.newContext();
  try {
    const page = await context.newPage();
    const problems = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(String(line).trim());
    await page.waitForSelector("html[data-ready=yes]", { timeout: 30_000 });
    await check(page);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
  }
}

const link = (...args) => execFileSync(command, ["play", "--link", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
const opensTable = async (page) => {
  await page.locator(".file-name", { hasText: "plants.csv" }).waitFor();
  assert.equal(await page.getByLabel("Column to predict").inputValue(), "kind");
};
const opensRecipe = async (page) => {
  await page.getByRole("tab", { name: "Recipe" }).click();
  assert.match(await page.locator("#recipe-text").inputValue(), /inputs = \[\[0, 0\], \[0, 1\]/);
  assert.equal(await page.locator(".notice.error").count(), 0);
};

const opensModel = async (page) => {
  await page.locator(".notice", { hasText: "plants.safetensors is open." }).waitFor();
  await opensTable(page);
  assert.match(await page.locator(".network-panel .panel-note").innerText(), /^2-3-1/);
};

test("it serves a table, which the page trains on", { skip: missing, timeout: 60_000 }, () => served([join(folder, "plants.csv"), "--target", "kind"], opensTable));
test("it serves a recipe with its data", { skip: missing, timeout: 60_000 }, () => served([join(folder, "gate.toml")], opensRecipe));

test("it serves a model on its table", { skip: missing, timeout: 60_000 }, () => served([model(), "--data", join(folder, "plants.csv")], opensModel));

test("its links open a table, a recipe and a model", { skip: missing, timeout: 60_000 }, async () => {
  for (const [fragment, opens] of [
    [link(join(folder, "plants.csv"), "--target", "kind"), opensTable],
    [link(join(folder, "gate.toml")), opensRecipe],
    [link(model(), "--data", join(folder, "plants.csv")), opensModel],
  ]) {
    const opened = await browser.open(fragment);
    await opens(opened.page);
    assert.deepEqual(opened.problems, []);
    await opened.close();
  }
});
