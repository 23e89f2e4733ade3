// Who is connected with whom: the coordinator in the middle, the desks around it.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Ltr } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";

const SIDE = 420;
const RADIUS = 150;
const LABEL = 172;
// So many desks have their codes beside them; with more of them only the list names them.
const NAMED_MAX = 24;

const round = (value) => Math.round(value * 10) / 10;

// Where the desk of a number stands on a circle, the first one at the top.
function point(at, of, radius) {
  const angle = (2 * Math.PI * at) / of - Math.PI / 2;
  return {
    x: round(SIDE / 2 + radius * Math.cos(angle)),
    y: round(SIDE / 2 + radius * Math.sin(angle)),
  };
}

const anchor = (x) => (Math.abs(x - SIDE / 2) < 20 ? "middle" : x > SIDE / 2 ? "start" : "end");

export function Map({ now }) {
  const desks = now.desks.filter((desk) => desk.has_node && desk.state === "active");
  if (desks.length === 0) return null;
  const places = Object.fromEntries(
    desks.map((desk, at) => [desk.code, point(at, desks.length, RADIUS)]),
  );
  const links = now.links.filter(([one, other]) => places[one] && places[other]);
  const middle = { x: SIDE / 2, y: SIDE / 2 };
  const line = (from, to, kind) =>
    html`<path class=${`link ${kind}`} d=${`M${from.x} ${from.y}L${to.x} ${to.y}`} />`;
  const withWhom = (code) =>
    links.flatMap(([one, other]) => (one === code ? [other] : other === code ? [one] : []));
  return html`<section class="card stack" aria-labelledby="map">
    <h2 id="map">${t("map-title")}</h2>
    <svg class="map" viewBox=${`-90 0 ${SIDE + 180} ${SIDE}`} aria-hidden="true">
      ${links.map(([one, other]) => line(places[one], places[other], "between"))}
      ${desks.map((desk) => desk.line !== "away" && line(middle, places[desk.code], desk.line))}
      <circle class="hub" cx=${middle.x} cy=${middle.y} r="16" />
      ${desks.map((desk, at) => {
        const beside = point(at, desks.length, LABEL);
        return html`<circle
            class=${`node ${desk.line}`}
            cx=${places[desk.code].x}
            cy=${places[desk.code].y}
            r="9"
          />
          ${
            desks.length <= NAMED_MAX &&
            html`<text x=${beside.x} y=${beside.y + 4} text-anchor=${anchor(beside.x)}>
              ${desk.code}
            </text>`
          }`;
      })}
    </svg>
    <details class="fold">
      <summary>${t("map-list")}</summary>
      <ul class="stack tight">
        ${desks.map(
          (desk) => html`<li key=${desk.code}>
            <${Ltr} of=${desk.code} />:
            ${" "}${desk.line === "away" ? t("map-alone") : t("map-hub")}
            ${withWhom(desk.code).map((code) => html`, <${Ltr} key=${code} of=${code} />`)}
          </li>`,
        )}
      </ul>
    </details>
  </section>`;
}
