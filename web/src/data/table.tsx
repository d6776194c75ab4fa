/** Tables of the reader's own: opened, dropped or pasted, and read by the command's reader. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Dialog, IconButton, NumberField, TextField } from "../layout/fields";
import { readTable } from "../state/actions";
import { data, type Origin } from "../state/session";
import { drawing } from "./drawing";
import { openFile } from "./files";

export function TableSources() {
  const file = useRef<HTMLInputElement>(null);
  const pasting = useSignal(false);
  return (
    <>
      <input
        ref={file}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-label="Open a table, a recipe or a model"
        accept=".csv,.tsv,.txt,.npy,.npz,.gz,.bz2,.xz,.zip,.toml,.safetensors"
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (chosen) void openFile(chosen);
        }}
      />
      <IconButton icon="table" label="Table" labelled onPress={() => file.current?.click()} />
      <IconButton icon="paste" label="Paste" labelled onPress={() => (pasting.value = true)} />
      <PasteDialog open={pasting.value} onClose={() => (pasting.value = false)} />
    </>
  );
}

function PasteDialog(props: { open: boolean; onClose(): void }) {
  const text = useSignal("");
  const failed = useSignal(false);
  const use = async () => {
    const done = await readTable(new TextEncoder().encode(text.value), "pasted.csv", {});
    failed.value = done !== true;
    if (done) {
      drawing.value = false;
      props.onClose();
    }
  };
  return (
    <Dialog title="Paste rows" open={props.open} onClose={props.onClose}>
      <p>Comma-separated rows, the names of the columns first. The last column is predicted unless you choose another one afterwards.</p>
      <label for="pasted" class="unseen">
        Rows
      </label>
      <textarea id="pasted" rows={10} spellcheck={false} placeholder={"height,width,kind\n1.2,0.3,reed\n0.4,0.9,fern"} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      {failed.value && <p class="field-error">The engine could not use these rows; its message is at the top of the page. Your text is still here.</p>}
      <div class="row end">
        <button type="button" class="button primary" disabled={text.value.trim() === ""} onClick={() => void use()}>
          Train on these rows
        </button>
      </div>
    </Dialog>
  );
}

export function TableSettingsForm({ origin }: { origin: Extract<Origin, { kind: "table" }> }) {
  const rows = data.value;
  const { settings } = origin;
  const read = (change: object) => void readTable(origin.bytes, origin.file, { ...settings, ...change });
  return (
    <div class="made-settings">
      <p class="file-name">{origin.file}</p>
      <TextField
        label="Column to predict"
        value={settings.target ?? ""}
        placeholder="the last one"
        suggestions={[...(rows?.feature_names ?? [])]}
        onValue={(target) => read({ target: target.trim() === "" ? undefined : target })}
      />
      <NumberField label="Held out for the test" value={settings.test_fraction ?? 0.2} minimum={0} maximum={0.9} step={0.05} onValue={(test_fraction) => read({ test_fraction })} />
      <NumberField label="Seed of the split" value={settings.seed ?? 0} minimum={0} step={1} onValue={(seed) => read({ seed })} />
    </div>
  );
}
