// Finds a Chromium and opens the built page in it.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

export const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The path of an installed Chromium, or null. */
export function findChromium() {
  for (const name of [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"]) {
    if (!name) continue;
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return execFileSync("sh", ["-c", `command -v "$0"`, name], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  return null;
}

/** A browser with the page of `dist/`. Every console error and failed request is kept in `problems`. */
export async function openBrowser() {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  const server = await serve(DIST);
  return {
    address: server.address,
    browser,
    async open(fragment = "", options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      const problems = [];
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("requestfailed", (request) => problems.push(`${request.url()} failed`));
      await page.goto(server.address + fragment);
      await page.waitForSelector("html[data-ready=yes]", { timeout: 30_000 });
      return { page, problems, close: () => context.close() };
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
