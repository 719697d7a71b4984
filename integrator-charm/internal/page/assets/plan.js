// The pending plan: what would change, key by key, and who has to agree.

import { api } from "./api.js";
import { h } from "./dom.js";
import { button, empty, keys, name, section, shape, state as stateWord, time } from "./parts.js";
import { count, names, revision, upper } from "./words.js";

// plan is the view.
export function plan(state, page) {
  return section(
    "the plan",
    state.plan,
    () => page.feed.reload("plan"),
    (value) => {
      if (!value?.changes?.length) return empty("Nothing is planned", "The connectors are as the state file wants them.");
      return [
        head(value, state, page),
        h(
          "ul",
          { class: "changes" },
          value.changes.slice(0, state.most).map((change) => changeOf(change, value)),
        ),
        further(value, state, page),
      ];
    },
  );
}

function further({ changes }, { most }, page) {
  return (
    changes.length > most &&
    h(
      "p",
      { class: "more" },
      button(`Show more of ${count(changes.length - most, "other change")}`, () => page.more(200)),
    )
  );
}

const shown = {
  pending: "waits for approval",
  approved: "approved",
  rejected: "rejected",
  applied: "applied",
  superseded: "out of date",
  expired: "expired",
};

function head(value, state, page) {
  return h(
    "section",
    { class: "plan-head", "aria-label": "About the plan" },
    h(
      "p",
      null,
      h("strong", null, count(value.changes.length, "change")),
      value.id ? `, ${shown[value.state] ?? value.state}` : ", by the next sync",
      value.revision && [", revision ", h("bdi", { class: "code", title: value.revision }, revision(value.revision))],
      value.created && [", made ", time(value.created, state.now)],
    ),
    value.reason && h("p", null, value.reason),
    needs(value.needs ?? []),
    verdicts(value.approvals ?? [], state.now),
    mayJudge(value, page) && judgement(value, state, page),
    value.id && reports(value.id),
  );
}

function mayJudge(value, page) {
  return value.id && page.may("approver") && value.mayApprove && ["pending", "rejected"].includes(value.state);
}

function judgement(value, { busy }, page) {
  return h(
    "div",
    { class: "actions" },
    button("Approve…", () => page.dialog({ kind: "approve", plan: value }), { kind: "main", busy: busy.has("approve") }),
    button("Reject…", () => page.dialog({ kind: "reject", plan: value }), { busy: busy.has("reject") }),
  );
}

// reports links to what the manager keeps of a plan.
export function reports(id) {
  return h(
    "p",
    { class: "reports" },
    "Report: ",
    h("a", { href: api.reportAddress(id, "md"), download: `plan-${id}.md` }, "Markdown"),
    " · ",
    h("a", { href: api.reportAddress(id, "json"), download: `plan-${id}.json` }, "JSON"),
  );
}

function needs(list) {
  if (list.length === 0) return null;
  const rules = new Map();
  for (const { change, ...need } of list) {
    const key = JSON.stringify(need);
    rules.set(key, { ...need, changes: [...(rules.get(key)?.changes ?? []), change] });
  }
  return h(
    "ul",
    { class: "needs", "aria-label": "Approvals that are needed" },
    [...rules].map(([key, need]) =>
      h(
        "li",
        { key },
        h("bdi", null, names(need.changes)),
        ": ",
        h("bdi", null, need.rule),
        ", to be approved by ",
        h("bdi", null, whoApproves(need)),
      ),
    ),
  );
}

function whoApproves({ approvers, count: number }) {
  if (!approvers?.length) return number > 1 ? `${number} people` : "one who may";
  return number > 1 ? `${number} of ${approvers.join(", ")}` : approvers.join(" or ");
}

function verdicts(list, now) {
  if (list.length === 0) return null;
  return h(
    "ul",
    { class: "verdicts", "aria-label": "What has been said of it" },
    list.map(({ who, when, comment, verdict }) =>
      h(
        "li",
        null,
        h("p", null, h("bdi", null, who), ` ${verdict === "rejected" ? "rejected it" : "approved it"} `, time(when, now)),
        comment && h("blockquote", null, h("bdi", null, comment)),
      ),
    ),
  );
}

// kinds are what an action is called, and its shape.
const kinds = {
  create: ["add", "Create"],
  adopt: ["open", "Adopt"],
  update: ["change", "Change"],
  "set-offsets": ["change", "Set offsets"],
  delete: ["remove", "Delete"],
  pause: ["paused", "Pause"],
  resume: ["running", "Resume"],
  stop: ["stopped", "Stop"],
  restart: ["restarting", "Restart"],
};

function changeOf(change, value) {
  const needed = (value.needs ?? []).filter((need) => need.change === change.name);
  const id = `change-${encodeURIComponent(change.name)}`;
  return h(
    "li",
    { class: "change", key: change.name },
    h(
      "div",
      { class: "change-head" },
      h("h2", { id }, name(change.name)),
      h("ul", { class: "kinds", "aria-label": "What is done" }, (change.actions ?? []).map(kindOf)),
    ),
    change.reason && h("p", { class: "reason" }, change.reason),
    change.refused && h("p", { class: "note is-bad" }, shape("failed"), h("span", null, "Refused: ", change.refused)),
    (change.held || needed.length > 0) &&
      h(
        "p",
        { class: "note is-warn" },
        shape("paused"),
        h("span", null, upper(change.held || `waits for approval (${needed.map((need) => need.rule).join(", ")})`)),
      ),
    moved(change),
    change.keys?.length > 0 && keys(change.keys, `What changes in ${change.name}`, { isNew: !change.from }),
  );
}

function kindOf(action) {
  const [picture, word] = kinds[action] ?? ["change", upper(String(action))];
  return h("li", { class: `kind is-${action in kinds ? action : "update"}` }, shape(picture), word);
}

function moved({ from, to }) {
  if (!from || !to || from === to) return null;
  return h(
    "p",
    { class: "moved" },
    stateWord(from.toLowerCase()),
    h("span", { "aria-hidden": "true" }, " → "),
    h("span", { class: "unseen" }, " becomes "),
    stateWord(to.toLowerCase()),
  );
}
