/** Messages of the engine and of the page, and what only screen readers hear. */

import { announcement, notice } from "../state/notices";
import { IconButton } from "./fields";
import { Icon } from "./icons";

export function NoticeBar() {
  const current = notice.value;
  return (
    <>
      <div class="notice-place" role="alert">
        {current && (
          <div class={`notice ${current.kind}`}>
            <Icon name={current.kind === "error" ? "warning" : "good"} />
            <p>{current.text}</p>
            <IconButton icon="close" label="Dismiss" onPress={() => (notice.value = null)} />
          </div>
        )}
      </div>
      <p class="unseen" role="status">
        {announcement.value}
      </p>
    </>
  );
}
