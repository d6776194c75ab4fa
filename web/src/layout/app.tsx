/** The page. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { acceptDrops } from "../data/files";
import { DataPanel } from "../data/panel";
import { WorkedStep } from "../inspect/worked_step";
import { LessonPanel } from "../lessons/panel";
import { NetworkPanel } from "../network/panel";
import { ResultPanel } from "../result/panel";
import { ShareDialog } from "../share/dialog";
import { Transport } from "../training/controls";
import { CurvesPanel } from "../training/curves";
import { Header } from "./header";
import { HelpDialog } from "./help";
import { listenToKeys } from "./keys";
import { NoticeBar } from "./notice_bar";
import { Tabs } from "./tabs";

export function App() {
  const hovering = useSignal(false);
  useEffect(() => acceptDrops(document.body, (over) => (hovering.value = over)), []);
  useEffect(listenToKeys, []);
  return (
    <>
      <Header />
      <NoticeBar />
      <LessonPanel />
      <Transport />
      <main id="bench" tabIndex={-1}>
        <DataPanel />
        <NetworkPanel />
        <div class="results">
          <ResultPanel />
          <CurvesPanel />
        </div>
        <Tabs />
      </main>
      <ShareDialog />
      <HelpDialog />
      <WorkedStep />
      {hovering.value && (
        <div class="drop-veil" aria-hidden="true">
          <p>Drop a table, a recipe or a model</p>
        </div>
      )}
    </>
  );
}
