// The line that says how things stand, and what a clerk should know.

import { html } from "/static/shared/vendor/htm-preact.js";
import { clock, hasText, t } from "/static/shared/texts.js";
import { Notice } from "./parts.js";

const STOPPED = ["unknown", "inactive", "replaced", "retired", "revoked"];
// Warnings that concern the clerk; all alerts do. The others are for the administrator.
const TOLD = [
  ...["numbers_low", "no_range", "clock_ahead", "clock_behind", "clock_differs"],
  ...["conflicts_here", "cards_to_reprint"],
];

const told = (now) =>
  now.alarms.filter((alarm) => alarm.level === "alert" || TOLD.includes(alarm.code));

const inWords = (alarm) =>
  hasText(`alarm-${alarm.code}`) ? t(`alarm-${alarm.code}`) : `${alarm.text} ${alarm.do}`;

export function Standing({ now }) {
  if (now === undefined) return html`<p class="standing" role="status">${t("page-loading")}</p>`;
  if (now === null) {
    return html`<${Notice} kind="bad" role="alert">${t("page-unreachable")}<//>`;
  }
  if (STOPPED.includes(now.state)) {
    return html`<${Notice} kind="bad" role="alert">${t(`standing-${now.state}`)}<//>`;
  }
  const notes = told(now);
  const online = now.numbers === "online";
  return html`<div class="standing">
    <p class="line" role="status">
      <span class=${`dot ${now.numbers}`}></span>
      <strong>
        ${online ? t("standing-online") : t("standing-offline", { time: clock(now.since) })}
      </strong>
      ${!online && html`<span>${t("standing-left", { count: now.left })}</span>`}
      ${now.waiting > 0 && html`<span>${t("standing-waiting", { count: now.waiting })}</span>`}
      ${
        now.desks.length > 0 &&
        html`<span>${t("standing-desks", { desks: now.desks.join(", ") })}</span>`
      }
      ${!online && now.desks.length === 0 && html`<span>${t("standing-alone")}</span>`}
    </p>
    ${
      notes.length > 0 &&
      html`<details class="notes">
      <summary>${t("standing-notes", { count: notes.length })}</summary>
      <ul class="stack">
        ${notes.map((alarm) => html`<li key=${alarm.code + alarm.text}>${inWords(alarm)}</li>`)}
      </ul>
    </details>`
    }
  </div>`;
}
