/** The data: the engine's sets, a table of the reader's own, or drawn points. */

import { formatCount } from "../appearance/numbers";
import { IconButton } from "../layout/fields";
import { catalog } from "../state/engine";
import { data, origin } from "../state/session";
import { DrawTools } from "./draw_tools";
import { drawing } from "./drawing";
import { MadeSettings } from "./made_settings";
import { SampleChooser } from "./sample_chooser";
import { SetChooser } from "./set_chooser";
import { TableSettingsForm, TableSources } from "./table";

export function DataPanel() {
  const rows = data.value;
  return (
    <section class="panel data-panel" aria-labelledby="data-title">
      <div class="panel-head">
        <h2 id="data-title">Data</h2>
        {rows && <p class="panel-note">{countsOf(rows.training.inputs.length, rows.test.inputs.length)}</p>}
      </div>
      {catalog.value && <SetChooser sets={catalog.value.dataSets} />}
      <div class="row own-data" role="group" aria-label="Your own data">
        <TableSources />
        <IconButton icon="draw" label="Draw" labelled pressed={drawing.value} onPress={() => (drawing.value = !drawing.value)} />
      </div>
      {drawing.value ? <DrawTools /> : origin.value.kind === "made" ? <MadeSettings request={origin.value.request} /> : origin.value.kind === "table" ? <TableSettingsForm origin={origin.value} /> : null}
      {!drawing.value && <SampleChooser />}
      {rows && rows.notes.length > 0 && !drawing.value && (
        <details class="notes">
          <summary>Notes on these data</summary>
          <ul>
            {rows.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function countsOf(training: number, test: number): string {
  return test > 0 ? `${formatCount(training)} rows, ${formatCount(test)} for the test` : `${formatCount(training)} rows`;
}
