// How a terminal and its numbers are shown, wherever that is.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Ltr } from "/static/shared/parts.js";
import { clock, day, moment, number, t } from "/static/shared/texts.js";

// Parts of a range that are used, at which its terminal is given more, and at which it is urgent.
export const MARKS = [80, 90];
const CLOCK_MS_MAX = 60_000;

const levelOf = (percent) => (percent >= 90 ? "bad" : percent >= 80 ? "warn" : "");

// How far numbers are used, as a bar with its marks. It is drawn in a hundred steps, because
// attributes of style are not allowed here.
export function Bar({ percent, label }) {
  const used = Math.max(0, Math.min(100, percent));
  return html`<svg
    class=${`meter ${levelOf(used)}`}
    viewBox="0 0 100 6"
    preserveAspectRatio="none"
    role="img"
    aria-label=${label}
  >
    <rect class="track" x="0" y="0" width="100" height="6" />
    <rect class="used" x="0" y="0" width=${used} height="6" />
    ${MARKS.map(
      (mark) => html`<path class="mark" d=${`M${mark} 0v6`} vector-effect="non-scaling-stroke" />`,
    )}
  </svg>`;
}

// A range as a bar, with what is used and what is left.
export function RangeBar({ range }) {
  const said = t("range-used", {
    used: number(range.used),
    left: number(range.remaining),
    percent: number(range.percent),
  });
  return html`<div class="range">
    <p class="row apart small">
      <${Ltr} of=${range.range} class="mrn" />
      <span class="quiet">${said}</span>
    </p>
    <${Bar} percent=${range.percent} label=${said} />
  </div>`;
}

const STATE_CHIPS = { active: "good", revoked: "bad", replaced: "bad" };

export const StateChip = ({ of }) =>
  html`<span class=${`chip ${STATE_CHIPS[of] ?? ""}`}>${t(`state-${of}`)}</span>`;

// Whether a terminal is connected: a dot and words.
export function LineOf({ desk }) {
  if (!desk.has_node) return html`<span class="line">${t("line-none")}</span>`;
  const since = desk.since && clock(desk.since);
  return html`<span class="line">
    <span class=${`dot ${desk.line}`}></span>
    ${desk.line === "live" && t("line-live", { time: since })}
    ${desk.line === "begun" && t("line-begun")}
    ${
      desk.line === "away" &&
      (desk.seen_at ? t("line-away", { time: moment(desk.seen_at) }) : t("line-never"))
    }
  </span>`;
}

// When its numbers run out, in words.
export function forecast(usage) {
  if (!usage || usage.total === 0) return t("forecast-none");
  if (usage.days_left === null) return t("forecast-never");
  if (usage.days_left === 0) return t("forecast-today");
  return t("forecast-day", { day: day(usage.used_up_on), days: usage.days_left });
}

// How a clock differs, empty where it does not.
export function clockOf(desk) {
  if (desk.ahead_ms === null || Math.abs(desk.ahead_ms) < CLOCK_MS_MAX) return "";
  const minutes = Math.round(Math.abs(desk.ahead_ms) / 60_000);
  return desk.ahead_ms > 0 ? t("clock-ahead", { minutes }) : t("clock-behind", { minutes });
}
