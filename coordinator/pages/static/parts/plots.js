// Drawings of reports: bars by day and lines by day. Attributes of style are not allowed here, so
// classes colour them. What a drawing shows stands below it as a table too.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Ltr } from "/static/shared/parts.js";
import { day, number, t } from "/static/shared/texts.js";

// As wide as the screen lets it be, so that its letters stay as large as those around it.
const WIDTH = Math.max(260, Math.min(720, innerWidth - 90));
const HEIGHT = 180;
const FOOT = 22;
const SIDE = 52;

// The days from one to another, both included, as YYYY-MM-DD.
export function daysFrom(first, last) {
  const days = [];
  for (let at = Date.parse(`${first}T00:00Z`); at <= Date.parse(`${last}T00:00Z`); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

// A round number at or above a value, as the top of a scale. Half of it is a whole number too.
function above(value) {
  if (value <= 4) return 4;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 10].map((step) => step * ten).find((top) => top >= value);
}

function Scale({ top, days, say }) {
  const marks = [0, top / 2, top];
  const shown = [0, Math.floor((days.length - 1) / 2), days.length - 1];
  const step = (WIDTH - SIDE) / days.length;
  return html`<g class="scale">
    ${marks.map((mark) => {
      const y = HEIGHT - FOOT - ((HEIGHT - FOOT - 10) * mark) / top;
      return html`<line x1=${SIDE} x2=${WIDTH} y1=${y} y2=${y} />
        <text x=${SIDE - 6} y=${y + 4} text-anchor="end">${say(mark)}</text>`;
    })}
    ${[...new Set(shown)].map(
      (at) => html`<text
        x=${SIDE + step * (at + 0.5)}
        y=${HEIGHT - 5}
        text-anchor=${at === 0 ? "start" : at === days.length - 1 ? "end" : "middle"}
      >${day(days[at])}</text>`,
    )}
  </g>`;
}

// `series` are {name, label, values}: a value for each day; bars stand on one another.
export function Bars({ title, days, series, say = number }) {
  const totals = days.map((_, at) => series.reduce((sum, one) => sum + one.values[at], 0));
  const top = above(Math.max(0, ...totals));
  const step = (WIDTH - SIDE) / days.length;
  const tall = HEIGHT - FOOT - 10;
  return html`<${Plot} title=${title} series=${series}>
    <${Scale} top=${top} days=${days} say=${say} />
    ${days.map((_, at) => {
      let y = HEIGHT - FOOT;
      return series.map((one) => {
        const high = (tall * one.values[at]) / top;
        y -= high;
        return (
          high > 0 &&
          html`<rect
            class=${`bar ${one.name}`}
            x=${SIDE + step * (at + 0.1)}
            y=${y}
            width=${step * 0.8}
            height=${high}
          />`
        );
      });
    })}
  <//>`;
}

export function Lines({ title, days, series, say = number }) {
  const top = above(Math.max(0, ...series.flatMap((one) => one.values)));
  const step = (WIDTH - SIDE) / days.length;
  const place = (value, at) => {
    const x = SIDE + step * (at + 0.5);
    const y = HEIGHT - FOOT - ((HEIGHT - FOOT - 10) * value) / top;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  return html`<${Plot} title=${title} series=${series}>
    <${Scale} top=${top} days=${days} say=${say} />
    ${series.map(
      (one) => html`<polyline class=${`curve ${one.name}`} points=${one.values.map(place).join(" ")} />`,
    )}
  <//>`;
}

function Plot({ title, series, children }) {
  return html`<figure class="plot">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${title}>${children}</svg>
    <figcaption class="row small">
      ${series.map(
        (one) => html`<span key=${one.name} class="key">
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <rect class=${`bar ${one.name}`} width="12" height="12" rx="2" />
          </svg>
          ${one.label}
        </span>`,
      )}
    </figcaption>
  </figure>`;
}

// Rows of a report.
export function Rows({ heads, rows }) {
  return html`<details class="fold">
    <summary>${t("report-table")}</summary>
    <div class="scrolls" role="region" tabindex="0" aria-label=${t("report-table")}>
      <table class="rows">
        <thead>
          <tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows.map(
            (row, at) => html`<tr key=${at}>
              ${row.map((cell) => html`<td><${Ltr} of=${cell} /></td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
