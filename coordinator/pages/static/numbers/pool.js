// The pool: the numbers out of which terminals get their ranges.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice, Title } from "/static/shared/parts.js";
import { number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Form, More, NeverGranted, useAct } from "../parts/forms.js";
import { NumberForms } from "./number-forms.js";

const PATH = "/api/pool/";

// Also a step of the guide; `done` is called when the pool is as it should be.
export function PoolForm({ done = () => {}, label }) {
  const [pool, setPool] = useState(null);
  const [range, setRange] = useState("");
  const [block, setBlock] = useState("");
  const [never, setNever] = useState("no");
  const [saved, setSaved] = useState(false);
  const { busy, fault, faults, run } = useAct();
  const show = (found) => {
    setPool(found);
    setRange(found.range);
    setBlock(String(found.block));
    setNever("no");
  };
  useEffect(() => {
    run(async () => show(await ask("GET", PATH)));
  }, []);
  const change = (body) => run(async () => show(await ask("PATCH", PATH, body)));
  const act = async () => {
    setSaved(false);
    const body = {};
    if (range.trim() !== pool.range) body.range = range.trim();
    if (Number(block) !== pool.block) body.block = Number(block);
    if (body.range && never === "yes") body.never_granted = true;
    const well = Object.keys(body).length === 0 || (await change(body));
    setSaved(well);
    if (well) done();
  };
  if (!pool) return html`<${Fault} of=${fault} />`;
  return html`<${Form} act=${act} class="narrow">
    ${pool.is_closed && html`<${Notice} kind="bad">${t("pool-closed")}<//>`}
    <${Field}
      id="pool-range"
      label=${t("pool-range")}
      hint=${t("pool-range-hint")}
      value=${range}
      change=${setRange}
      fault=${faults.range}
      class="ltr-field"
      autocomplete="off"
    />
    <${Field}
      id="pool-block"
      label=${t("pool-block")}
      hint=${t("pool-block-hint")}
      value=${block}
      change=${setBlock}
      fault=${faults.block}
      class="ltr-field"
      inputmode="numeric"
      autocomplete="off"
    />
    <${More}><${NeverGranted} field=${{ value: never, change: setNever }} /><//>
    <p class="quiet small">
      ${pool.next ? html`${t("pool-next")} <${Ltr} class="mrn" of=${pool.next} />` : t("pool-empty")}
    </p>
    <${Fault} of=${fault} />
    <p class="saved" role="status">${saved && t("form-saved")}</p>
    <div class="row">
      <button class="button first" type="submit" disabled=${busy || !(Number(block) > 0)}>
        ${label ?? t("form-save")}
      </button>
      <button
        class="button"
        type="button"
        disabled=${busy}
        onClick=${() => change({ on: !pool.on })}
      >
        ${pool.on ? t("pool-switch-off") : t("pool-switch-on")}
      </button>
    </div>
    <p class="hint">${pool.on ? t("pool-is-on") : t("pool-is-off")}</p>
  <//>`;
}

export function Pool({ now }) {
  const held = now.desks.flatMap((desk) => desk.ranges);
  const left = held.reduce((sum, range) => sum + range.remaining, 0);
  return html`<section class="stack">
    <${Title}>${t("nav-pool")}<//>
    <p class="quiet">${t("pool-held", { ranges: held.length, numbers: number(left) })}</p>
    <div class="card"><${PoolForm} /></div>
    <${NumberForms} />
  </section>`;
}
