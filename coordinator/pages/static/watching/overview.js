// How things stand: what is wrong, and the clinic in a few numbers.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Name, Title } from "/static/shared/parts.js";
import { number, t } from "/static/shared/texts.js";
import { Advice, What } from "../parts/alarm-words.js";
import { Map } from "../terminals/map.js";

export function Overview({ now, me }) {
  if (!now.desks) {
    return html`<section class="stack">
      <${Title}>${t("overview-hello", { name: me.name })}<//>
      <p>${t(`overview-${me.role}`)}</p>
    </section>`;
  }
  const active = now.desks.filter((desk) => desk.state === "active" && desk.has_node);
  const live = active.filter((desk) => desk.line === "live");
  return html`<section class="stack">
    <${Title}>${now.facility ? html`<${Name} of=${now.facility} />` : t("nav-overview")}<//>
    <ul class="tiles">
      <${Tile} href="#/terminals" name="desks" value=${`${live.length} / ${active.length}`} />
      <${Tile} name="people" value=${number(now.patients)} />
      <${Tile} name="waiting" value=${number(now.pending)} />
    </ul>
    ${
      now.in_recovery &&
      html`<a class="button danger start" href="#/recovery">${t("overview-recovery")}</a>`
    }
    <${Alarms} alarms=${now.alarms} />
    <${Map} now=${now} />
  </section>`;
}

function Tile({ name, value, href }) {
  const inside = html`<strong class="great ltr">${value}</strong>
    <span class="quiet">${t(`tile-${name}`)}</span>`;
  return html`<li>
    ${
      href
        ? html`<a class="card tile" href=${href}>${inside}</a>`
        : html`<div class="card tile">${inside}</div>`
    }
  </li>`;
}

function Alarms({ alarms }) {
  if (alarms.length === 0) return html`<p class="notice">${t("alarms-none")}</p>`;
  return html`<section class="stack" aria-labelledby="alarms">
    <h2 id="alarms">${t("alarms-title", { count: alarms.length })}</h2>
    <ul class="stack">
      ${alarms.map(
        (alarm) => html`<li
          key=${alarm.code + alarm.about}
          class=${`notice ${alarm.level === "alert" ? "bad" : "warn"}`}
        >
          <${What} of=${alarm} />
          <${Advice} of=${alarm} />
        </li>`,
      )}
    </ul>
  </section>`;
}
