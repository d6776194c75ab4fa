/** The open lesson, above the page that it drives. */

import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../layout/fields";
import { catalog } from "../state/engine";
import { announce, guard } from "../state/notices";
import { LESSONS } from "./lessons";
import { lessonIndex, lessonsOpen, predicted, revealed } from "./state";

function openLesson(index: number): void {
  lessonIndex.value = index;
  predicted.value = null;
  revealed.value = false;
  const lesson = LESSONS[index];
  if (lesson) void guard(() => lesson.prepare());
}

export function LessonPanel() {
  const title = useRef<HTMLHeadingElement>(null);
  const open = lessonsOpen.value;
  const ready = catalog.value !== null;
  useEffect(() => {
    if (open && ready) {
      openLesson(lessonIndex.value);
      title.current?.focus();
    }
  }, [open, ready]);
  if (!open) return null;
  const lesson = LESSONS[lessonIndex.value]!;
  return (
    <section class="lesson" aria-labelledby="lesson-title">
      <div class="lesson-head">
        <label class="unseen" for="lesson-choice">
          Lesson
        </label>
        <select id="lesson-choice" onChange={(event) => openLesson(Number(event.currentTarget.value))}>
          {LESSONS.map(({ title: name }, index) => (
            <option key={name} value={index} selected={index === lessonIndex.value}>
              {index + 1}. {name}
            </option>
          ))}
        </select>
        <div class="row">
          <button type="button" class="button" disabled={lessonIndex.value === 0} onClick={() => openLesson(lessonIndex.value - 1)}>
            Previous
          </button>
          <button type="button" class="button" disabled={lessonIndex.value === LESSONS.length - 1} onClick={() => openLesson(lessonIndex.value + 1)}>
            Next
          </button>
          <IconButton icon="close" label="Close the lessons" onPress={() => (lessonsOpen.value = false)} />
        </div>
      </div>
      <div class="lesson-body">
        <div class="lesson-text">
          <h2 id="lesson-title" ref={title} tabIndex={-1}>
            {lesson.title}
          </h2>
          {lesson.text()}
        </div>
        <Prediction key={lessonIndex.value} />
      </div>
    </section>
  );
}

function Prediction() {
  const lesson = LESSONS[lessonIndex.value]!;
  const chosen = predicted.value;
  const start = async () => {
    await guard(() => lesson.show());
    revealed.value = true;
    announce(chosen === lesson.right ? "Your prediction is right." : "It comes otherwise.");
  };
  return (
    <div class="prediction">
      <fieldset disabled={revealed.value}>
        <legend>Predict: {lesson.question}</legend>
        {lesson.answers.map((answer, index) => (
          <label class={`answer ${revealed.value && index === lesson.right ? "right" : ""}`} key={answer}>
            <input type="radio" name="prediction" checked={chosen === index} onChange={() => (predicted.value = index)} />
            <span>{answer}</span>
          </label>
        ))}
      </fieldset>
      {!revealed.value && (
        <button type="button" class="button primary" disabled={chosen === null} onClick={() => void start()}>
          Play and see
        </button>
      )}
      {revealed.value && (
        <div class="because">
          <p class="outcome">{chosen === lesson.right ? "Your prediction is right." : `It comes otherwise: ${lesson.answers[lesson.right]}`}</p>
          {lesson.because()}
          {lesson.tries.length > 0 && <h3>Then try</h3>}
          <ul class="tries">
            {lesson.tries.map((one) => (
              <li key={one.text}>
                <button type="button" class="button" onClick={() => void guard(async () => one.run())}>
                  {one.text}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
