// What has been done, by whom, and what came of it.

import { h } from "./dom.js";
import { summed } from "./deeds.js";
import { button, empty, name, section, shape, time } from "./parts.js";
import { reports } from "./plan.js";
import { revision, upper } from "./words.js";

// history is the view.
export function history(state, page) {
  return section(
    "the history",
    state.history,
    () => page.feed.reload("history"),
    ({ runs, more }) => {
      if (runs.length === 0)
        return empty(
          "Nothing has been done yet",
          "Every sync, every plan that is applied and every request of a person is kept here, with its result.",
        );
      return [
        h(
          "ol",
          { class: "runs" },
          runs.map((run) => runOf(run, state, page)),
        ),
        more && h("p", { class: "more" }, button("Show older", page.feed.older)),
      ];
    },
  );
}

const results = { ok: ["running", "succeeded"], failed: ["failed", "failed"], held: ["paused", "waits for approval"] };

function runOf(run, state, page) {
  const [picture, word] = results[run.result] ?? ["unassigned", run.result || "under way"];
  const key = `run ${run.id}`;
  const open = state.open.has(key);
  const reasons = Object.entries(run.summary?.reasons ?? {});
  const known = run.error || reasons.length > 0 || run.plan || run.revision;
  return h(
    "li",
    { class: "run", key: run.id },
    h(
      "div",
      { class: "run-line" },
      h("p", { class: `state is-${picture}` }, shape(picture), h("span", null, `${upper(run.kind || "sync")} ${word}`)),
      h("p", { class: "run-when" }, time(run.at, state.now), run.by && [", by ", h("bdi", null, run.by)]),
      h("p", { class: "run-what" }, summed(run.summary)),
      known &&
        h(
          "button",
          { type: "button", class: "button is-quiet", "aria-expanded": String(open), onclick: () => page.toggle(key) },
          open ? "Less" : "More",
          h("span", { class: "unseen" }, ` about run ${run.id}`),
        ),
    ),
    open &&
      h(
        "div",
        { class: "run-more" },
        run.error && h("p", { class: "note is-bad" }, shape("failed"), h("span", null, run.error)),
        run.revision && h("p", null, "Revision ", h("bdi", { class: "code", title: run.revision }, revision(run.revision))),
        reasons.length > 0 &&
          h(
            "dl",
            { class: "facts" },
            reasons.map(([connector, reason]) =>
              h("div", { key: connector }, h("dt", null, name(connector)), h("dd", null, reason)),
            ),
          ),
        run.plan && reports(run.plan),
      ),
  );
}
