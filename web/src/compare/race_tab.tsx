/** The race, as one sees it. */

import uPlot from "uplot";
import { asNumber, formatCount, formatNumber, formatPart, words } from "../appearance/numbers";
import { IconButton, NumberField, SelectField, TextField } from "../layout/fields";
import { catalog, engine } from "../state/engine";
import { comparing } from "../state/actions";
import { CurveChart } from "../training/curve_chart";
import { Legend } from "../training/curves";
import { LanePicture } from "./lane_picture";
import { chooseVariation, judge, judging, lanes, pauseRace, racing, resumeRace, seeds, startRace, values, variation, verdict, type Lane } from "./race";
import { VARIATIONS } from "./variants";

comparing.report = (done, of) => (judging.value = { done, of });

export function RaceTab() {
  return (
    <div class="race-tab">
      <Contestants />
      <div class="race-main">
        {lanes.value.length === 0 ? (
          <p class="see-empty">The same data, the same initial weights, one setting that differs: start the race and watch the curves side by side. One race is one draw; the verdict repeats it with several seeds.</p>
        ) : (
          <>
            <Legend labels={lanes.value.map(({ name }) => name)} />
            <RaceCurves shown={lanes.value} />
            <Results shown={lanes.value} />
            <div class="lane-pictures">
              {lanes.value.map((lane) => (
                <LanePicture key={lane.run} lane={lane} />
              ))}
            </div>
          </>
        )}
        <Verdict />
      </div>
    </div>
  );
}

function Contestants() {
  const current = variation.value;
  const change = (index: number, value: string) => (values.value = values.value.map((old, at) => (at === index ? value : old)));
  const list = current.kind === "text" ? [] : (catalog.value?.descriptors[current.kind] ?? []);
  const ended = lanes.value.length > 0 && lanes.value.every((lane) => lane.ended);
  return (
    <div class="race-side">
      <SelectField label="What differs" value={current.key} choices={VARIATIONS.map(({ key, title }) => ({ value: key, text: title }))} onValue={chooseVariation} />
      {values.value.map((value, index) =>
        current.kind === "text" ? (
          <TextField key={index} label={`Run ${index + 1}`} value={value} onValue={(next) => change(index, next)} />
        ) : (
          <SelectField key={index} label={`Run ${index + 1}`} value={value} choices={list.map(({ name }) => ({ value: name, text: words(name) }))} onValue={(next) => change(index, next)} />
        ),
      )}
      <div class="row">
        <IconButton icon="plus" label="One run more" disabled={values.value.length >= 4} onPress={() => (values.value = [...values.value, values.value.at(-1) ?? ""])} />
        <IconButton icon="minus" label="One run fewer" disabled={values.value.length <= 2} onPress={() => (values.value = values.value.slice(0, -1))} />
      </div>
      {!current.sameWeights && <p class="hint">Here each run draws its own initial weights from the same seed.</p>}
      <div class="row">
        <button type="button" class="button primary" onClick={() => void startRace()}>
          Start the race
        </button>
        {lanes.value.length > 0 && !ended && (
          <button type="button" class="button" onClick={() => void (racing.value ? pauseRace() : resumeRace())}>
            {racing.value ? "Pause" : "Go on"}
          </button>
        )}
      </div>
    </div>
  );
}

function RaceCurves({ shown }: { shown: Lane[] }) {
  const tables = shown.map(({ history }) => {
    const points = history.filter((point) => Number.isFinite(asNumber(point.loss)) && asNumber(point.loss) > 0);
    return [points.map(({ epoch }) => epoch), points.map(({ loss }) => asNumber(loss))] as [number[], number[]];
  });
  const [x, ...ys] = tables.some(([epochs]) => epochs.length > 0) ? uPlot.join(tables, tables.map(() => [2])) : [[], ...tables.map(() => [])];
  const name = `Loss by epoch of ${shown.length} runs: ${shown.map((lane) => `${lane.name} ${formatNumber(asNumber(lane.scores?.training.loss))}`).join(", ")}`;
  return <CurveChart labels={shown.map((lane) => lane.name)} x={x as number[]} ys={ys as (number | null)[][]} logarithmic height={240} name={name} />;
}

function Results({ shown }: { shown: Lane[] }) {
  const metric = Object.keys(shown[0]?.scores?.training.metrics ?? {})[0];
  const hasTest = shown.some((lane) => lane.scores?.test);
  const figure = (value: number | undefined) => (value === undefined ? "–" : metric && /accuracy/.test(metric) ? formatPart(value) : formatNumber(asNumber(value)));
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Standings">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Epoch</th>
            <th scope="col">Updates</th>
            <th scope="col">Loss</th>
            {hasTest && <th scope="col">Test loss</th>}
            {metric && <th scope="col">{hasTest ? "Test " : ""}{words(metric)}</th>}
            <th scope="col">Ended by</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((lane) => (
            <tr key={lane.run}>
              <th scope="row">{lane.name}</th>
              <td>{formatCount(lane.position.epoch)}</td>
              <td>{formatCount(lane.position.step)}</td>
              <td>{lane.scores ? formatNumber(asNumber(lane.scores.training.loss)) : "–"}</td>
              {hasTest && <td>{lane.scores?.test ? formatNumber(asNumber(lane.scores.test.loss)) : "–"}</td>}
              {metric && <td>{figure((lane.scores?.test ?? lane.scores?.training)?.metrics[metric])}</td>}
              <td>{lane.ended?.by ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Verdict() {
  const progress = judging.value;
  return (
    <section class="verdict" aria-labelledby="verdict-title">
      <h3 id="verdict-title">Verdict over several seeds</h3>
      <div class="row">
        <NumberField label="Seeds" value={seeds.value} minimum={1} maximum={50} step={1} onValue={(value) => value && (seeds.value = Math.max(1, Math.min(50, Math.round(value))))} />
        {progress ? (
          <button type="button" class="button" onClick={() => void engine().call("stop_comparison")}>
            Stop
          </button>
        ) : (
          <button type="button" class="button" onClick={() => void judge()}>
            Compare
          </button>
        )}
      </div>
      {progress && <progress aria-label="Progress of the comparison" max={Math.max(1, progress.of)} value={progress.done} />}
      {verdict.value && (
        <pre class="verdict-text" tabIndex={0}>
          {verdict.value}
        </pre>
      )}
    </section>
  );
}
