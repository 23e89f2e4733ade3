// What can be set while the coordinator runs.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Sending, useForm } from "../parts/forms.js";

const PATH = "/api/settings/";

// One of the settings; `done` is called when it was saved. `caption` is that of its field, to which
// the rest goes.
export function SettingForm({ name, caption, done, label = t("form-save"), required, ...how }) {
  // What is set now is known before anybody can type: it would be written over.
  const [value, setValue] = useState(null);
  const [saved, setSaved] = useState(false);
  const form = useForm({});
  useEffect(() => {
    form.run(async () => setValue((await ask("GET", PATH))[name]));
  }, []);
  const send = async () => {
    setSaved(false);
    await ask("PATCH", PATH, { [name]: value.trim() });
    setSaved(true);
    done?.();
  };
  if (value === null) return html`<${Fault} of=${form.fault} />`;
  return html`<${Sending}
    class="narrow"
    form=${form}
    send=${send}
    label=${label}
    ready=${!required || value.trim()}
  >
    <${Field} label=${caption} ...${how} value=${value} change=${setValue} fault=${form.faults[name]} />
    <p class="saved" role="status">${saved && t("form-saved")}</p>
  <//>`;
}

// The name of the clinic; also a step of the guide.
export const FacilityForm = (how) => html`<${SettingForm}
  ...${how}
  name="facility"
  id="facility"
  caption=${t("facility-name")}
  hint=${t("facility-hint")}
  class="name"
  dir="auto"
  maxlength="100"
  autocomplete="organization"
/>`;

export function Settings({ now }) {
  return html`<section class="stack">
    <${Title}>${t("nav-settings")}<//>
    <div class="card"><${FacilityForm} /></div>
    <p class="quiet">${t("settings-file")}</p>
    <p class="quiet small">${t("settings-version", { version: now.version, zone: now.zone })}</p>
  </section>`;
}
