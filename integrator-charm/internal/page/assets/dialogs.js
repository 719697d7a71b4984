// Questions that want an answer before anything else: <dialog> keeps the focus, and gives it back.

import { h, render } from "./dom.js";
import { button, field, name } from "./parts.js";
import { count } from "./words.js";

// showDialog opens, fills or closes the page's one dialog as the state has it.
export function showDialog(element, state, page) {
  const asked = state.dialog;
  element.oncancel = (event) => {
    event.preventDefault();
    page.dialog(null);
  };
  render(
    element,
    asked &&
      h(
        "form",
        { key: asked.kind, method: "dialog", onsubmit: (event) => submit(event, asked, page) },
        dialogs[asked.kind](asked, state, page),
      ),
  );
  if (asked && !element.open) element.showModal();
  if (!asked && element.open) element.close();
}

function submit(event, asked, page) {
  event.preventDefault();
  const values = Object.fromEntries(new FormData(event.target));
  const comment = (values.comment ?? "").trim();
  if (asked.kind === "delete") page.deeds.remove(asked.connector);
  if (asked.kind === "disconnect") page.deeds.disconnect(asked.connection);
  if (asked.kind === "clear") page.deeds.clear(asked);
  if (asked.kind === "approve" || asked.kind === "reject") page.deeds.judge(asked.kind, asked.plan, comment);
  if (asked.kind === "silence") {
    page.deeds.silence({
      connector: values.connector.trim(),
      comment,
      until: new Date(Date.now() + Number(values.hours) * 3_600_000).toISOString(),
    });
  }
}

const dialogs = {
  delete: ({ connector }, { cluster }, page) => [
    title("Delete this connector?"),
    h(
      "p",
      null,
      name(connector.name),
      " is deleted from the cluster",
      cluster && [" ", h("bdi", null, cluster)],
      ". Its offsets stay.",
    ),
    h(
      "p",
      { class: "hint" },
      "If the state file still has it, the next sync creates it again: take it out of the file to be rid of it.",
    ),
    answers("Delete", "danger", page),
  ],
  disconnect: ({ connection }, state, page) => [
    title("Delete this connection?"),
    h("p", null, name(connection.title), " is not looked at any more. What it leads to is not touched."),
    answers("Delete", "danger", page),
  ],
  clear: ({ called }, state, page) => [
    title("Take back what it has changed?"),
    h("p", null, name(called), " gets the state file's configuration, and restarts with it."),
    h("p", { class: "hint" }, "Credentials that it has renewed itself are gone: those of the state file have to be good still."),
    answers("Take it back", "danger", page),
  ],
  approve: ({ plan }, state, page) => [
    title("Approve this plan?"),
    h("p", null, `It is applied as it is shown: ${described(plan)}. Should the cluster have moved, nothing is done.`),
    commentField("Comment", "Kept in the report, with your name."),
    answers("Approve", "main", page),
  ],
  reject: ({ plan }, state, page) => [
    title("Reject this plan?"),
    h("p", null, `Nothing of it is applied: ${described(plan)}.`),
    commentField("Why", "Kept in the report, with your name."),
    answers("Reject", "danger", page),
  ],
  silence: (asked, state, page) => [
    title("Silence connectors"),
    field(
      "Connector",
      h("input", { name: "connector", required: true, autocomplete: "off", spellcheck: "false", list: "silence-names" }),
      { id: "silence-connector", hint: "A name, or a pattern such as orders-*" },
    ),
    h(
      "datalist",
      { id: "silence-names" },
      (state.connectors.value ?? [])
        .slice(0, 500)
        .map((connector) => h("option", { key: connector.connector, value: connector.name })),
    ),
    field(
      "For",
      h(
        "select",
        { name: "hours" },
        [1, 4, 8, 24, 72, 168].map((hours) =>
          h("option", { value: hours, selected: hours === 4 }, hours < 24 ? count(hours, "hour") : count(hours / 24, "day")),
        ),
      ),
      { id: "silence-hours" },
    ),
    commentField("Comment", "Why, for those who wonder."),
    answers("Silence", "main", page),
  ],
};

function title(text) {
  return h("h2", { id: "dialog-title" }, text);
}

function commentField(label, hint) {
  return field(label, h("textarea", { name: "comment", rows: "3", maxlength: "2000" }), { id: "comment", hint });
}

function answers(label, kind, page) {
  return h(
    "div",
    { class: "actions is-end" },
    button("Cancel", () => page.dialog(null)),
    button(label, null, { kind, type: "submit" }),
  );
}

const words = {
  create: "created",
  adopt: "adopted",
  update: "changed",
  "set-offsets": "given offsets",
  delete: "deleted",
  pause: "paused",
  resume: "resumed",
  stop: "stopped",
  restart: "restarted",
};

// described says a plan in a sentence: "2 created, 1 deleted".
function described({ changes }) {
  const counted = new Map();
  for (const action of changes.filter((change) => !change.refused).flatMap((change) => change.actions ?? []))
    counted.set(action, (counted.get(action) ?? 0) + 1);
  const said = [...counted].map(([action, number]) => `${number} ${words[action] ?? action}`).join(", ");
  return said || count(changes.length, "change");
}
