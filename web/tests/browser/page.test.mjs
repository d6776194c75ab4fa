// The built page with the real engine, in a real browser.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DIST, findChromium, openBrowser } from "./chromium.mjs";

const missing = !existsSync(join(DIST, "index.html"))
  ? "web/dist is missing: build the page with scripts/page"
  : findChromium() === null
    ? "no Chromium was found: install one, or name it in CHROMIUM"
    : false;
const CSV = "length,width,kind\n" + Array.from({ length: 60 }, (_, row) => `${row % 7},${(row * 5) % 11},${row % 2 ? "reed" : "fern"}`).join("\n");

let browser;
before(async () => {
  if (!missing) browser = await openBrowser();
});
after(() => browser?.close());

/** A test on a fresh page, whose console must stay free of errors. */
function onPage(name, check, fragment = "", options = {}) {
  test(name, { skip: missing, timeout: 120_000 }, async () => {
    const opened = await browser.open(fragment, options);
    try {
      await check(opened.page, opened);
      assert.deepEqual(opened.problems, []);
    } finally {
      await opened.close();
    }
  });
}

const figure = (page, name) => page.locator(".figures div", { has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) }).locator("dd").innerText();
const number = async (page, name) => Number((await figure(page, name)).replace(/,/g, "").replace(/−/g, "-"));
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const waitFor = (page, name, holds) =>
  page.waitForFunction(
    ([label, source]) => {
      const term = [...document.querySelectorAll(".figures dt")].find((one) => one.textContent === label);
      const value = Number(term?.nextElementSibling?.textContent.replace(/,/g, "").replace(/−/g, "-"));
      return new Function("value", `return ${source}`)(value);
    },
    [name, holds],
    { timeout: 60_000 },
  );
const openTab = (page, name) => page.getByRole("tab", { name }).click();
const openRecipe = async (page, name) => {
  await openTab(page, "Recipe");
  await page.getByLabel("Built-in recipes").selectOption(name);
  await page.waitForFunction(() => /XOR|xor/.test(document.querySelector("#recipe-text").value));
};
const drop = (page, content, name) =>
  page.evaluate(
    ([text, file]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], file));
      for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    [content, name],
  );
/** The weights into the chosen unit, as far as the page writes them. */
const weights = (page) => page.locator("table.numbers input").evaluateAll((inputs) => inputs.map((input) => input.value));
const alert = (page) => page.locator(".notice.error").innerText();

onPage("trains XOR to a loss below 0.01", async (page) => {
  await openRecipe(page, "xor-batch-sum");
  await page.getByLabel("Speed").selectOption({ label: "as fast as it can" });
  await press(page, "Play");
  await waitFor(page, "Loss", "value < 0.01");
  await waitFor(page, "Epoch", "value === 10000");
});

onPage("one step back gives the same numbers", async (page) => {
  await page.locator('[data-layer="1"][data-unit="0"]').click();
  for (let step = 0; step < 3; step++) await press(page, "One step");
  await waitFor(page, "Step", "value === 3");
  const [loss, before] = [await figure(page, "Loss"), await weights(page)];
  await press(page, "One step");
  await waitFor(page, "Step", "value === 4");
  assert.notDeepEqual(await weights(page), before);
  await press(page, "One step back");
  await waitFor(page, "Step", "value === 3");
  await page.waitForFunction((weight) => document.querySelector("table.numbers input").value === weight, before[0]);
  assert.equal(await figure(page, "Loss"), loss);
  assert.deepEqual(await weights(page), before);
});

onPage("the slider goes over the whole history", async (page) => {
  await press(page, "One epoch");
  await press(page, "One epoch");
  await waitFor(page, "Epoch", "value === 2");
  const loss = await figure(page, "Loss");
  const last = await page.locator("#history").getAttribute("max");
  await page.locator("#history").fill("0");
  await waitFor(page, "Step", "value === 0");
  await page.locator("#history").fill(last);
  await waitFor(page, "Epoch", "value === 2");
  assert.equal(await figure(page, "Loss"), loss);
});

onPage("a dropped table is trained on", async (page) => {
  await drop(page, CSV, "plants.csv");
  await page.locator(".file-name", { hasText: "plants.csv" }).waitFor();
  await press(page, "One epoch");
  await waitFor(page, "Epoch", "value === 1");
});

onPage("a wrong table gets the engine's message, and nothing is lost", async (page) => {
  await press(page, "One step");
  const network = await page.locator(".network-panel .panel-note").innerText();
  await drop(page, "a,b\n1,2,3\n4\n", "wrong.csv");
  await page.locator(".notice.error").waitFor();
  assert.match(await alert(page), /wrong\.csv/);
  assert.equal(await page.locator(".network-panel .panel-note").innerText(), network);
  assert.equal(await number(page, "Step"), 1);
});

onPage("a wrong recipe gets the engine's message, and stays to be corrected", async (page) => {
  await openTab(page, "Recipe");
  const text = page.locator("#recipe-text");
  const wrong = (await text.inputValue()).replace("learning_rate", "lerning_rate");
  await text.fill(wrong);
  await page.getByRole("button", { name: /^Apply/ }).click();
  await page.locator("#recipe-message pre").waitFor();
  assert.match(await page.locator("#recipe-message").innerText(), /lerning_rate/);
  assert.equal(await text.inputValue(), wrong);
  await press(page, "One step");
  await waitFor(page, "Step", "value === 1");
});

onPage("a change of the recipe shows everywhere", async (page) => {
  await openTab(page, "Recipe");
  const text = page.locator("#recipe-text");
  await text.fill((await text.inputValue()).replace(/learning_rate = .*/, "learning_rate = 0.0625"));
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(() => [...document.querySelectorAll(".quick-settings input")].some((input) => input.value === "0.0625"));
  await page.locator(".quick-settings").getByLabel("Learning rate").fill("0.125");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /learning_rate = 0\.125/.test(document.querySelector("#recipe-text").value));
});

onPage("a link brings everything back", async (page) => {
  await page.locator(".quick-settings").getByLabel("Learning rate").fill("0.0123");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => [...document.querySelectorAll(".quick-settings input")].some((input) => input.value === "0.0123"));
  await press(page, "One epoch");
  await waitFor(page, "Epoch", "value === 1");
  const loss = await figure(page, "Loss");
  await press(page, "Share");
  await page.waitForFunction(() => document.querySelector("#share-link").value.includes("#p1."));
  const link = await page.locator("#share-link").inputValue();
  const again = await browser.open(link.slice(link.indexOf("#")));
  await waitFor(again.page, "Epoch", "value === 1");
  assert.equal(await figure(again.page, "Loss"), loss);
  assert.deepEqual(again.problems, []);
  await again.close();
  const cut = await browser.open(link.slice(link.indexOf("#"), -40));
  assert.match(await alert(cut.page), /cut off/);
  await press(cut.page, "One step");
  await waitFor(cut.page, "Step", "value === 1");
  await cut.close();
});

onPage("drawn points are trained on", async (page) => {
  await press(page, "Draw");
  const canvas = page.locator(".plane canvas");
  const box = await canvas.boundingBox();
  const stroke = async (from, to) => {
    await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 12 });
    await page.mouse.up();
  };
  await stroke([0.25, 0.3], [0.45, 0.3]);
  await canvas.focus();
  await page.keyboard.press("2");
  await stroke([0.6, 0.7], [0.85, 0.7]);
  await press(page, "Train on these points");
  await press(page, "One epoch");
  await waitFor(page, "Epoch", "value === 1");
});

onPage("a digit is drawn, and the network reads it", async (page) => {
  await page.getByLabel("More sets").selectOption("digits");
  const pad = page.locator(".image-pad canvas");
  await pad.waitFor();
  for (let epoch = 1; epoch <= 8; epoch++) {
    await press(page, "One epoch");
    await waitFor(page, "Epoch", `value === ${epoch}`);
  }
  await press(page, "Clear and draw");
  const box = await pad.boundingBox();
  const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(0.5, 0.1));
  await page.mouse.down();
  for (let part = 1; part <= 24; part++) {
    const angle = (part / 24) * 2 * Math.PI;
    await page.mouse.move(...at(0.5 + 0.27 * Math.sin(angle), 0.5 - 0.4 * Math.cos(angle)));
  }
  await page.mouse.up();
  await page.locator(".answers .best", { hasText: /^0/ }).waitFor();
  assert.equal(await pad.getAttribute("aria-label"), "Your drawing");
  await press(page, "Back to the sample");
  await page.waitForFunction(() => document.querySelector(".image-pad canvas").getAttribute("aria-label").startsWith("Image of sample 1"));
});

onPage("everything is reached by the keyboard", async (page) => {
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  const tabTo = async (found) => {
    for (let count = 0; count < 120; count++) {
      await page.keyboard.press("Tab");
      if (found(await focused())) return;
    }
    assert.fail("the focus never came there");
  };
  await tabTo((name) => name === "Skip to the network");
  await tabTo((name) => name === "Play");
  await page.keyboard.press("Enter");
  await waitFor(page, "Step", "value > 0");
  await page.keyboard.press("Enter");
  await tabTo((name) => /^One unit more in layer 1/.test(name));
  const before = await page.locator(".network-panel .panel-note").innerText();
  await page.keyboard.press("Enter");
  await page.waitForFunction((text) => document.querySelector(".network-panel .panel-note").textContent !== text, before);
  await page.locator('[data-layer="0"][data-unit="0"]').focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Forward: unit 2 of layer 1/ }).waitFor();
  await page.locator('[data-layer="1"][data-unit="1"]').focus();
  await page.keyboard.press("e");
  await page.locator("dialog[open] iframe").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "See through" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "Settings");
});

onPage("a weight is set by hand", async (page) => {
  await page.locator('[data-layer="1"][data-unit="0"]').click();
  const weight = page.locator("table.numbers input").first();
  await weight.fill("0.75");
  await weight.press("Enter");
  await page.waitForFunction(() => document.querySelector("table.numbers input").value === "0.75");
});

onPage("the gradient check runs on the spot", async (page) => {
  await press(page, "Check the gradient");
  await page.locator(".check-result .good").waitFor();
});

onPage("a race runs side by side", async (page) => {
  await openTab(page, "Race");
  await press(page, "Start the race");
  await page.locator(".lane-pictures figure").nth(2).waitFor();
  await page.waitForFunction(() => Number(document.querySelector(".race-main tbody td")?.textContent) > 2);
});

for (let lesson = 0; lesson < 7; lesson++) {
  onPage(`lesson ${lesson + 1} opens and plays`, async (page) => {
    await press(page, "Lessons");
    await page.locator("#lesson-choice").selectOption(String(lesson));
    await page.waitForTimeout(500);
    assert.equal(await page.locator(".notice.error").count(), 0);
    await page.locator(".prediction input").first().check();
    await press(page, "Play and see");
    await page.locator(".because").waitFor();
    assert.equal(await page.locator(".notice.error").count(), 0);
  });
}

test("the page of one file opens without a server", { skip: missing, timeout: 60_000 }, async () => {
  const context = await browser.browser.newContext();
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(`file://${join(DIST, "pellucid.html")}`);
  await page.waitForSelector("html[data-ready=yes]");
  await press(page, "One step");
  await waitFor(page, "Step", "value === 1");
  assert.deepEqual(problems, []);
  await context.close();
});
