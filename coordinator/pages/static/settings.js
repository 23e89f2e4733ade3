// What can be set while the coordinator runs.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Fault, Field, Form, useAct } from "./forms.js";

// The name of the clinic; also a step of the guide.
export function FacilityForm({ done = () => {}, label }) {
  // What is set now is known before anybody can type: it would be written over.
  const [name, setName] = useState(null);
  const [saved, setSaved] = useState(false);
  const { busy, fault, faults, run } = useAct();
  useEffect(() => {
    run(async () => setName((await ask("GET", "/api/settings/")).facility));
  }, []);
  const act = async () => {
    setSaved(false);
    const well = await run(() => ask("PATCH", "/api/settings/", { facility: name.trim() }));
    setSaved(well);
    if (well) done();
  };
  if (name === null) return html`<${Fault} of=${fault} />`;
  return html`<${Form} act=${act} class="narrow">
    <${Field}
      id="facility"
      label=${t("facility-name")}
      hint=${t("facility-hint")}
      value=${name}
      change=${setName}
      fault=${faults.facility}
      class="name"
      dir="auto"
      maxlength="100"
      autocomplete="organization"
    />
    <${Fault} of=${fault} />
    <p class="saved" role="status">${saved && t("form-saved")}</p>
    <button class="button first start" type="submit" disabled=${busy}>
      ${label ?? t("form-save")}
    </button>
  <//>`;
}

export function Settings({ now }) {
  return html`<section class="stack">
    <${Title}>${t("nav-settings")}<//>
    <div class="card"><${FacilityForm} /></div>
    <p class="quiet">${t("settings-file")}</p>
    <p class="quiet small">${t("settings-version", { version: now.version, zone: now.zone })}</p>
  </section>`;
}
