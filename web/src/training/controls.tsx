/** The controls of the training: play, steps forward and back, the slider over what was trained, and the speed. */

import { useSignal } from "@preact/signals";
import { Icon } from "../layout/icons";
import { IconButton } from "../layout/fields";
import { formatCount, formatNumber, asNumber } from "../appearance/numbers";
import { pause, play, seek, setPace, stepBack, takeEpoch, takeSteps } from "../state/actions";
import { ended, info, pace, playing, position, scores } from "../state/session";
import { PACES } from "./paces";

export function togglePlay(): void {
  if (playing.value) void pause();
  else if (ended.value) void seek(0).then(play);
  else void play();
}

export function Transport() {
  const at = position.value;
  const ready = at !== null;
  return (
    <section class="transport" aria-label="Training">
      <div class="transport-buttons">
        <IconButton icon="reset" label="Back to the start" keys="r" disabled={!ready || at.step === 0} onPress={() => void seek(0)} />
        <IconButton icon="back" label="One step back" keys="b" disabled={!ready || at.step === 0} onPress={() => void stepBack()} />
        <button
          type="button"
          class="button primary play"
          aria-keyshortcuts="Space"
          title={playing.value ? "Pause (Space)" : ended.value ? "Play from the start (Space)" : "Play (Space)"}
          disabled={!ready}
          onClick={togglePlay}
        >
          <Icon name={playing.value ? "pause" : ended.value ? "reset" : "play"} />
          <span>{playing.value ? "Pause" : ended.value ? "Again" : "Play"}</span>
        </button>
        <IconButton icon="step" label="One step" keys="s" disabled={!ready || ended.value !== null} onPress={() => void takeSteps(1)} />
        <IconButton icon="epoch" label="One epoch" keys="n" disabled={!ready || ended.value !== null} onPress={() => void takeEpoch()} />
      </div>
      <HistorySlider />
      <Figures />
      <Speed />
    </section>
  );
}

function HistorySlider() {
  const at = position.value;
  const step = at?.step ?? 0;
  const furthest = Math.max(at?.furthest_step ?? 0, step);
  const dragged = useSignal<number | null>(null);
  return (
    <div class="history">
      <label class="unseen" for="history">
        Step of the training
      </label>
      <input
        id="history"
        type="range"
        min={0}
        max={Math.max(1, furthest)}
        step={1}
        value={dragged.value ?? step}
        disabled={furthest === 0}
        aria-valuetext={`step ${formatCount(step)} of ${formatCount(furthest)} taken`}
        onInput={(event) => void seek((dragged.value = Number(event.currentTarget.value)))}
        onChange={() => (dragged.value = null)}
      />
    </div>
  );
}

function Figures() {
  const at = position.value;
  const now = scores.value;
  const total = info.value?.steps_total ?? 0;
  return (
    <dl class="figures">
      <Figure name="Epoch" value={formatCount(at?.epoch ?? 0)} />
      <Figure name="Step" value={formatCount(at?.step ?? 0)} title={`of ${formatCount(total)}`} />
      <Figure name="Loss" value={now ? formatNumber(asNumber(now.training.loss)) : "–"} title="on the training rows" />
      <Figure name="Test loss" value={now?.test ? formatNumber(asNumber(now.test.loss)) : "–"} title="on rows that are not trained on" />
    </dl>
  );
}

function Figure(props: { name: string; value: string; title?: string }) {
  return (
    <div title={props.title}>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function Speed() {
  const current = PACES.findIndex((one) => one.unit === pace.value.unit && one.per_second === pace.value.per_second);
  return (
    <div class="field speed">
      <label for="speed">Speed</label>
      <select id="speed" onChange={(event) => void setPace(PACES[Number(event.currentTarget.value)]!)}>
        {PACES.map((one, index) => (
          <option key={one.text} value={index} selected={index === current}>
            {one.text}
          </option>
        ))}
      </select>
    </div>
  );
}
