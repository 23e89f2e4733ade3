// One terminal.

import { html } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice, Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { RangeBar, StateChip } from "./desk-parts.js";

export function Desk({ id, now }) {
  const desk = now.desks.find((one) => one.code === id);
  if (!desk) return html`<${Notice} kind="warn">${t("desk-nowhere", { code: id })}<//>`;
  return html`<section class="stack">
    <header class="row">
      <${Title}><${Ltr} of=${desk.code} /><//>
      <${StateChip} of=${desk.state} />
    </header>
    ${desk.ranges.map((range) => html`<${RangeBar} key=${range.range} range=${range} />`)}
  </section>`;
}
