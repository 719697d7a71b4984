// How things are said: times, counts, traces; and the order of names.

// entry is what a table has for a word of others: never what every object has, as for "constructor".
export function entry(table, word, otherwise) {
  return Object.hasOwn(table, word) ? table[word] : otherwise;
}

// count is a number with its noun: "1 connector", "5,000 connectors".
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

const steps = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86400, "hour", 3600],
  [86400 * 30, "day", 86400],
  [86400 * 365, "month", 86400 * 30],
  [Infinity, "year", 86400 * 365],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

// ago says a time as seen from now: "3 minutes ago", "in 2 hours", "now". A time that is none is said as it is.
export function ago(time, now) {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Number.isNaN(seconds)) return String(time ?? "");
  if (Math.abs(seconds) < 5) return "now";
  const [, unit, size] = steps.find(([limit]) => Math.abs(seconds) < limit);
  return relative.format(Math.trunc(seconds / size), unit);
}

const exactly = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

// exact says a time in full, in the place of whoever reads it.
export function exact(time) {
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? String(time ?? "") : exactly.format(parsed);
}

// cause is the line of a Java trace that tells most: the last "Caused by", or else the first line.
export function cause(trace) {
  const lines = String(trace ?? "").split("\n");
  const causes = lines.filter((line) => line.trimStart().startsWith("Caused by: "));
  const line = causes.length > 0 ? causes.at(-1).trim().slice("Caused by: ".length) : (lines.find((line) => line.trim()) ?? "");
  return shortClasses(line.trim());
}

// shortClasses leaves the packages of exceptions out.
function shortClasses(line) {
  return line.replace(/^(?:[a-z][\w]*\.)+(?=[A-Z$])/, "");
}

// className is a class without its package.
export function className(name) {
  return String(name ?? "")
    .split(".")
    .at(-1);
}

// revision is a revision short enough to read: of a commit or a digest the first characters.
export function revision(text) {
  const value = String(text ?? "");
  return /^(?:sha\d+:)?[0-9a-f]{20,}$/i.test(value) ? value.replace(/^sha\d+:/i, "").slice(0, 10) : value;
}

// upper is a text with a capital at its begin.
export function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// names lists some names and says how many more there are.
export function names(all, most = 3) {
  const shown = all.slice(0, most).join(", ");
  return all.length > most ? `${shown} and ${count(all.length - most, "other")}` : shown;
}

const collator = new Intl.Collator("en", { numeric: true });

// compare orders names: numbers in them count, and no two are the same.
export function compare(a, b) {
  return collator.compare(a, b) || (a < b ? -1 : 1);
}
