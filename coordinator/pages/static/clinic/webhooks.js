// Webhooks: addresses to which changes of the register are delivered.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Title, useCalm } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { causeOf } from "../parts/causes.js";
import { Fault, Field, FormDialog, SecretDialog, useForm, useLook } from "../parts/forms.js";

export function Webhooks({ now }) {
  const [hooks, setHooks] = useState([]);
  // What is open: "new", or the one that is to be removed.
  const [open, setOpen] = useState(null);
  const { fault, look } = useLook();
  const cursor = useCalm(now.cursor);
  const read = () => ask("GET", "/api/webhooks/").then((found) => setHooks(found.results));
  useEffect(() => {
    look(read);
  }, [cursor]);
  const close = () => {
    setOpen(null);
    look(read);
  };
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-webhooks")}<//>
      <button class="button first" onClick=${() => setOpen("new")}>${t("hook-add")}</button>
    </header>
    <p class="quiet">${t("hooks-why")}</p>
    <${Fault} of=${fault} />
    <ul class="entries">
      ${hooks.map(
        (hook) => html`<li key=${hook.id} class="card entry">
          <div class="main">
            <${Ltr} class="path" of=${hook.url} />
            <span class="quiet small">
              ${hook.behind === 0 ? t("hook-delivered") : t("hook-behind", { count: hook.behind })}
            </span>
            ${
              hook.failing_since &&
              html`<span class="small alarming">
                ${t("hook-failing", { time: moment(hook.failing_since) })}
                ${" "}<bdi>${causeOf(hook.last_error)}</bdi>
              </span>`
            }
          </div>
          <button
            class="button"
            aria-label=${t("hook-remove-of", { url: hook.url })}
            onClick=${() => setOpen(hook)}
          >
            ${t("hook-remove")}
          </button>
        </li>`,
      )}
    </ul>
    ${hooks.length === 0 && html`<p class="quiet">${t("hooks-none")}</p>`}
    ${open === "new" && html`<${NewHook} close=${close} />`}
    ${open && open !== "new" && html`<${Remove} of=${open} close=${close} />`}
  </section>`;
}

function Remove({ of: hook, close }) {
  const form = useForm({});
  return html`<${FormDialog}
    title=${t("hook-remove")}
    form=${form}
    send=${() => ask("DELETE", `/api/webhooks/${hook.id}/`)}
    label=${t("hook-remove")}
    kind="danger"
    close=${close}
  >
    <p><${Ltr} class="path" of=${hook.url} /></p>
    <p>${t("hook-remove-what")}</p>
  <//>`;
}

// After which change deliveries begin.
const BEGINNINGS = { now: null, first: 0 };

function NewHook({ close }) {
  const form = useForm({ url: "", begin: "now" });
  const body = () => ({ url: form.values.url.trim(), after: BEGINNINGS[form.values.begin] });
  return html`<${SecretDialog}
    title=${t("hook-add")}
    form=${form}
    make=${async () => (await ask("POST", "/api/webhooks/", body())).secret}
    label=${t("hook-add")}
    once=${t("hook-once")}
    secret=${t("hook-secret")}
    close=${close}
  >
    <${Field}
      id="hook-url"
      type="url"
      label=${t("hook-url")}
      hint=${t("hook-url-hint")}
      ...${form.field("url")}
      class="ltr-field"
      autocomplete="off"
    />
    <${Field}
      id="hook-begin"
      label=${t("hook-begin")}
      hint=${t("hook-begin-hint")}
      ...${form.field("begin")}
    >
      ${Object.keys(BEGINNINGS).map((one) => html`<option value=${one}>${t(`hook-from-${one}`)}</option>`)}
    <//>
  <//>`;
}
