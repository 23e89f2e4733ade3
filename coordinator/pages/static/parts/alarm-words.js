// What an alarm says, in the words of these pages; in the program's own, which are English, if they
// have none for it, or if an earlier version has kept it.

import { html } from "/static/shared/vendor/htm-preact.js";
import { wholeText } from "/static/shared/texts.js";
import { causeOf } from "./causes.js";

const termsOf = ({ terms }) => (terms?.why ? { ...terms, why: causeOf(terms.why) } : terms);

const inWords = (alarm, end, english) =>
  wholeText(`alarm-${alarm.code}${end}`, termsOf(alarm)) ?? english;

export const whatOf = (alarm) => inWords(alarm, "", alarm.text);

const Line = ({ said, english, class: more }) =>
  said === english
    ? html`<p class=${more} lang="en" dir="ltr">${said}</p>`
    : html`<p class=${more}>${said}</p>`;

// What is wrong.
export const What = ({ of, class: more = "" }) =>
  html`<${Line} said=${whatOf(of)} english=${of.text} class=${more} />`;

// What to do about it.
export const Advice = ({ of, class: more = "small" }) =>
  html`<${Line} said=${inWords(of, "-do", of.do)} english=${of.do} class=${more} />`;
