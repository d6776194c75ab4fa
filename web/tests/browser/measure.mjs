// Measures the built page in Chromium: `node web/tests/browser/measure.mjs [MINUTES]`.
// Memory is watched for MINUTES, 10 by default; it is that of all processes that draw pages and run workers.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { DIST, findChromium, openBrowser } from "./chromium.mjs";

const minutes = Number(process.argv[2] ?? 10);
if (findChromium() === null) throw new Error("no Chromium was found: install one, or name it in CHROMIUM");

const median = (numbers) => numbers.slice().sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const browser = await openBrowser();

/** Milliseconds to the first paint with contents and until the page takes steps, for a fresh page of an address. */
async function loading(address) {
  const context = await browser.browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.documentElement?.dataset.ready && !window.readyAt) window.readyAt = performance.now();
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto(address);
  await page.waitForFunction(() => window.readyAt);
  const times = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, window.readyAt]);
  await context.close();
  return times;
}

for (const [name, address] of [
  ["one file, from disk", `file://${join(DIST, "pellucid.html")}`],
  ["a folder, from a server on this machine", browser.address],
]) {
  const rounds = [];
  for (let round = 0; round < 5; round += 1) rounds.push(await loading(address));
  const [paint, ready] = [0, 1].map((at) => median(rounds.map((times) => times[at])) / 1000);
  console.log(`${name}: first paint ${paint.toFixed(2)} s, interactive ${ready.toFixed(2)} s (medians of 5)`);
}

/** The memory of the browser's processes of one type in MB: what they share with others counts in part. */
function memory() {
  let kilobytes = 0;
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${id}/cmdline`, "utf8").includes("--type=renderer")) continue;
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // The process has ended, or is another user's.
    }
  }
  return kilobytes / 1000;
}

const recipe = `data = { source = "inline" }
network = { layers = [2, 8, 8, 1], activation = ["tanh", "tanh", "sigmoid"] }
init = { method = "xavier_uniform" }
train = { loss = "binary_cross_entropy", optimizer = "adam", learning_rate = 0.01, batch_size = 10, shuffle = true, epochs = 1000000000, seed = 0 }
`;
const shared = { recipe, data: { kind: "made", request: { name: "spiral", samples: 500, test_fraction: 0 } }, step: 0, sample: 0 };
const packed = deflateRawSync(JSON.stringify(shared)).toString("base64url");
const { page, problems } = await browser.open(`#p1.${packed.length}.${packed}`);
await page.getByLabel("Speed").selectOption({ label: "as fast as it can" });
await page.getByRole("button", { name: "Play", exact: true }).click();
const step = () => page.evaluate(() => Number([...document.querySelectorAll(".figures dt")].find((one) => one.textContent === "Step").nextElementSibling.textContent.replace(/,/g, "")));
await page.waitForTimeout(2000);
const before = await step();
const frames = await page.evaluate(
  () =>
    new Promise((resolve) => {
      const times = [];
      const frame = (time) => {
        times.push(time);
        if (time - times[0] < 10_000) requestAnimationFrame(frame);
        else resolve(times);
      };
      requestAnimationFrame(frame);
    }),
);
const gaps = frames.slice(1).map((time, at) => time - frames[at]);
const perSecond = (gaps.length / (frames.at(-1) - frames[0])) * 1000;
const steps = (await step()) - before;
console.log(`2-8-8-1 on 500 points, playing: ${perSecond.toFixed(1)} frames a second, the longest gap ${Math.max(...gaps).toFixed(0)} ms, ${Math.round(steps / 10).toLocaleString("en")} steps a second`);

const seen = [];
const heap = await page.context().newCDPSession(page);
await heap.send("HeapProfiler.enable");
for (let minute = 0; minute <= minutes; minute += 1) {
  if (minute > 0) await page.waitForTimeout(60_000);
  await heap.send("HeapProfiler.collectGarbage");
  const used = await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6);
  seen.push([memory(), used]);
  console.log(`after ${minute} minutes of training: ${seen.at(-1)[0].toFixed(0)} MB, of which the page's objects ${used.toFixed(1)} MB; step ${(await step()).toLocaleString("en")}`);
}
if (problems.length > 0) console.log(problems);
await browser.close();
