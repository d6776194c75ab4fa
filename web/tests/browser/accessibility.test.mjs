// axe-core finds nothing, at three sizes, in light and dark, in every part of the page.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DIST, findChromium, openBrowser } from "./chromium.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const missing = !existsSync(join(DIST, "index.html"))
  ? "web/dist is missing: build the page with scripts/page"
  : findChromium() === null
    ? "no Chromium was found: install one, or name it in CHROMIUM"
    : false;
const SIZES = [[320, 640], [1280, 900], [2560, 1440]];
/** All parts are looked at in the middle size; in the others those with most controls. */
const TABS = { 1280: ["See through", "Settings", "Recipe", "Diagnosis", "Race", "Take along"] };
const MAIN_TABS = ["See through", "Settings"];

let browser;
before(async () => {
  if (!missing) browser = await openBrowser();
});
after(() => browser?.close());

async function violations(page) {
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).slice(0, 3).join(" | ")}`);
}

for (const [width, height] of SIZES) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing at ${width} pixels, ${colorScheme}`, { skip: missing, timeout: 180_000 }, async () => {
      const { page, close } = await browser.open("", { viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
      try {
        await page.addScriptTag({ path: axe });
        await page.getByRole("button", { name: "One epoch", exact: true }).click();
        await page.locator('[data-layer="1"][data-unit="0"]').click();
        const check = async (where) => assert.deepEqual(await violations(page), [], where);
        for (const tab of TABS[width] ?? MAIN_TABS) {
          await page.getByRole("tab", { name: tab }).click();
          if (tab === "Race") {
            await page.getByRole("button", { name: "Start the race" }).click();
            await page.locator(".lane-pictures figure").first().waitFor();
            await page.getByRole("button", { name: "Pause", exact: true }).last().click();
          }
          await page.waitForTimeout(100);
          await check(tab);
        }
        await page.getByRole("button", { name: "Draw", exact: true }).click();
        await page.getByRole("button", { name: "Lessons", exact: true }).click();
        await page.locator(".lesson").waitFor();
        await check("drawing in a lesson");
        if (width === 1280) {
          await page.getByRole("button", { name: "Share", exact: true }).click();
          await check("sharing");
        }
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
      } finally {
        await close();
      }
    });
  }
}
