/** The tools of the drawing area. */

import { Mark } from "../result/class_legend";
import { CLASSES, clearDrawing, drawing, drawnClass, drawnTask, erasing, lacking, points, useDrawing, type DrawnTask } from "./drawing";
import { suggestedToml } from "./suggestion";

export function DrawTools() {
  const missing = lacking.value;
  const task = (value: DrawnTask, text: string) => (
    <label class="chip">
      <input type="radio" name="drawn-task" checked={drawnTask.value === value} onChange={() => {
        drawnTask.value = value;
        clearDrawing();
      }} />
      <span>{text}</span>
    </label>
  );
  return (
    <div class="draw-tools">
      <fieldset>
        <legend>What to draw</legend>
        {task("classes", "Classes")}
        {task("curve", "A curve")}
      </fieldset>
      {drawnTask.value === "classes" && (
        <fieldset>
          <legend>Class of new points</legend>
          {CLASSES.map((name, index) => (
            <label class="chip" key={name}>
              <input type="radio" name="drawn-class" checked={!erasing.value && drawnClass.value === index} onChange={() => {
                erasing.value = false;
                drawnClass.value = index;
              }} />
              <span>
                <Mark index={index} /> {name}
              </span>
            </label>
          ))}
          <label class="chip">
            <input type="radio" name="drawn-class" checked={erasing.value} onChange={() => (erasing.value = true)} />
            <span>Eraser</span>
          </label>
        </fieldset>
      )}
      <p class="hint">
        Draw in the square with mouse or finger, or with the keyboard: arrows, Enter, 1 to 4, Delete. {points.value.length} points. {missing}
      </p>
      <div class="row">
        <button type="button" class="button primary" disabled={missing !== null} onClick={() => void useDrawing(suggestedToml)}>
          Train on these points
        </button>
        <button type="button" class="button" disabled={points.value.length === 0} onClick={clearDrawing}>
          Clear
        </button>
        <button type="button" class="button" onClick={() => (drawing.value = false)}>
          Cancel
        </button>
      </div>
    </div>
  );
}
