import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode, LinkError, type Shared } from "../../src/share/link";

const rows: Shared = {
  recipe: 'title = "größer als π"\n[network]\nlayers = [2, 3, 1]\n',
  data: {
    kind: "rows",
    data: {
      name: "drawn", task: "classes", feature_names: ["x", "y"], target_names: ["orange", "blue"], notes: [],
      training: { inputs: [[0.1, -0.25], [1e-9, 3]], targets: [0, 1] }, test: { inputs: [], targets: [] },
    },
  },
  step: 1234,
  edits: [[0, 1, -1, 0, 0.25], [100, 0, 1, 2, -3]],
  sample: 1,
};

test("a link gives back what it was made of", async () => {
  const made: Shared = { ...rows, data: { kind: "made", request: { name: "moons", noise: 0.1, seed: 3 } } };
  const others: Shared["data"][] = [
    { kind: "recipe" },
    { kind: "table", file: "a.csv", text: "a,b\n1,2\n", settings: { target: "b" } },
    { kind: "model", file: "a.safetensors", base64: "AAEC" },
  ];
  for (const shared of [rows, made, ...others.map((data) => ({ ...rows, data }))]) assert.deepEqual(await decode(await encode(shared)), shared);
});

test("a link has characters that need no escapes", async () => {
  assert.match(await encode(rows), /^#p1\.\d+\.[\w-]+$/);
});

test("a link that was cut off anywhere says so", async () => {
  const link = await encode(rows);
  const start = link.indexOf(".", 4) + 1;
  for (let length = 3; length < link.length; length++) {
    await assert.rejects(decode(link.slice(0, length)), (error: unknown) => {
      assert.ok(error instanceof LinkError, `${length}: ${String(error)}`);
      assert.match(error.message, /cut off|damaged/);
      if (length > start) assert.match(error.message, /cut off: \d+ of its \d+ characters arrived/);
      return true;
    });
  }
});

test("a damaged link says so", async () => {
  const link = await encode(rows);
  const middle = Math.floor(link.length / 2);
  const damaged = link.slice(0, middle) + (link[middle] === "A" ? "B" : "A") + link.slice(middle + 1);
  await assert.rejects(decode(damaged), LinkError);
  await assert.rejects(decode(`${link}x`), /damaged/);
  await assert.rejects(decode("#p1.4.AAAA"), LinkError);
});

test("a link that holds something else is damaged", async () => {
  const others = [{ recipe: 3 }, { ...rows, data: null }, { ...rows, data: { kind: "table", file: "a.csv" } }, { ...rows, data: { kind: "else" } }, null];
  for (const other of others) await assert.rejects(decode(await encode(other as unknown as Shared)), /damaged/);
});

test("a step or sample that is no count becomes 0", async () => {
  const odd = await decode(await encode({ ...rows, step: -5, sample: 1.5 }));
  assert.equal(odd?.step, 0);
  assert.equal(odd?.sample, 0);
});

test("other fragments are none of the page's links", async () => {
  for (const fragment of ["", "#", "#bench", "#page", "#p"]) assert.equal(await decode(fragment), null);
});

test("a later version is named", async () => {
  await assert.rejects(decode("#p2.4.AAAA"), /version 2/);
});
