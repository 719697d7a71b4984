// Silences: whose owners are not told for a while.

import { h } from "./dom.js";
import { button, empty, name, section, time } from "./parts.js";

// silences is the view.
export function silences(state, page) {
  return [
    h(
      "p",
      { class: "lead" },
      "While a connector is silenced, its owner is not told that it failed, recovered or changed. It is repaired all the same.",
    ),
    page.may("operator") &&
      h(
        "p",
        { class: "actions" },
        button("Silence connectors…", () => page.dialog({ kind: "silence" }), { kind: "main" }),
      ),
    section(
      "the silences",
      state.silences,
      () => page.feed.reload("silences"),
      (list) => {
        if (list.length === 0) return empty("Nothing is silenced", "All owners are told what concerns them.");
        return h(
          "ul",
          { class: "silences" },
          list.map((silence) => silenceOf(silence, state, page)),
        );
      },
    ),
  ];
}

function silenceOf(silence, state, page) {
  return h(
    "li",
    { class: "silence", key: silence.id },
    h("h2", null, name(silence.connector || silence.team || "all connectors")),
    h(
      "p",
      null,
      "Until ",
      time(silence.until, state.now),
      silence.by && [", by ", h("bdi", null, silence.by)],
      silence.cluster && [", on ", h("bdi", null, silence.cluster)],
    ),
    silence.comment && h("blockquote", null, h("bdi", null, silence.comment)),
    page.may("operator") &&
      button("End it", () => page.deeds.endSilence(silence), {
        busy: state.busy.has(`end ${silence.id}`),
        about: `: ${silence.connector}`,
      }),
  );
}
