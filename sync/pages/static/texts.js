// The texts of the page in the clerk's language, in the format of Fluent (projectfluent.org).

import { FluentBundle, FluentResource } from "./vendor/fluent/index.js";

const KEPT = "mrnmesh-language";
const ENGLISH = "en";

export const languages = JSON.parse(document.body.dataset.languages);

let bundle = null;
let english = null;
let current = languages[0];

let zone;

// Digits stay those of keyboards and cards in every language.
const localeOf = (code) => `${code}-u-nu-latn`;

// Show times as the clocks of the facility do, whatever this computer is set to.
export function keepZone(name) {
  zone = name;
}

async function read(code) {
  const response = await fetch(`/texts/${code}.ftl`);
  const made = new FluentBundle(localeOf(code));
  made.addResource(new FluentResource(await response.text()));
  return made;
}

export function language() {
  return current;
}

// Speak the language with this code, or the one chosen before, or the browser's; remember it.
export async function speak(code) {
  const wanted = [code, localStorage.getItem(KEPT), navigator.language.slice(0, 2), ENGLISH];
  const known = wanted.map((one) => languages.find((other) => other.code === one));
  current = known.find(Boolean) ?? languages[0];
  english ??= await read(ENGLISH);
  bundle = current.code === ENGLISH ? english : await read(current.code);
  if (code) localStorage.setItem(KEPT, current.code);
  document.documentElement.lang = current.code;
  document.documentElement.dir = current.direction;
}

// The text with this id; what has none in the language is shown in English.
export function t(id, values = {}) {
  for (const one of [bundle, english]) {
    const message = one.getMessage(id);
    if (message?.value) return one.formatPattern(message.value, values);
  }
  return id;
}

// The text with this id, null if there is none or if it names a value that is not given.
export function wholeText(id, values) {
  for (const one of [bundle, english]) {
    const message = one.getMessage(id);
    if (!message?.value) continue;
    const faults = [];
    const text = one.formatPattern(message.value, values, faults);
    return faults.length === 0 ? text : null;
  }
  return null;
}

// True if there is a text with this id.
export const hasText = (id) => english.hasMessage(id);

// In a language that is read from right to left a day has no letters, so that it stays one number.
const format = (date, options) => {
  const locale = current.direction === "rtl" ? NUMBERS : localeOf(t("language-locale"));
  return new Intl.DateTimeFormat(locale, options).format(date);
};

const NUMBERS = "en-GB";
const dayForm = () => ({
  day: "numeric",
  month: current.direction === "rtl" ? "numeric" : "short",
  year: "numeric",
});
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

// A number with its thousands apart.
export const number = (value) => new Intl.NumberFormat(NUMBERS).format(value);

// A day (YYYY-MM-DD) and a time (ISO 8601) as people write them.
export const day = (text) => format(new Date(`${text}T00:00:00`), dayForm());
export const clock = (text) => format(new Date(text), { ...CLOCK, timeZone: zone });
export const moment = (text) => format(new Date(text), { ...dayForm(), ...CLOCK, timeZone: zone });

const WALL = { dateStyle: "short", timeStyle: "medium" };

// What the clocks of the facility show at an instant, as if it were one of UTC, in milliseconds.
const shownAt = (ms) => {
  const text = new Intl.DateTimeFormat("sv-SE", { ...WALL, timeZone: zone }).format(ms);
  return Date.parse(`${text.replace(" ", "T")}Z`);
};

// The instant (ISO 8601) at which the clocks of the facility show a time (YYYY-MM-DDTHH:MM).
export function instant(text) {
  const wall = Date.parse(`${text}Z`);
  const near = wall - (shownAt(wall) - wall);
  return new Date(wall - (shownAt(near) - near)).toISOString();
}
