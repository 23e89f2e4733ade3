// API keys: what programs call with.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, FormDialog, SecretDialog, useForm, useLook } from "../parts/forms.js";

const SCOPES = ["read", "register", "conflicts", "metrics", "administer"];

export function Keys({ now }) {
  const [keys, setKeys] = useState(null);
  // What is open: "new", or the key that is to be withdrawn.
  const [open, setOpen] = useState(null);
  const { fault, look } = useLook();
  const read = () => ask("GET", "/api/keys/").then((found) => setKeys(found.results));
  useEffect(() => {
    look(read);
  }, []);
  const close = () => {
    setOpen(null);
    look(read);
  };
  const [good, over] = [true, false].map((is) => (keys ?? []).filter((key) => key.is_good === is));
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-keys")}<//>
      <button class="button first" onClick=${() => setOpen("new")}>${t("key-add")}</button>
    </header>
    <p class="quiet">${t("keys-why")}</p>
    <${Fault} of=${fault} />
    <ul class="entries">
      ${good.map(
        (key) => html`<${Entry} key=${key.id} of=${key}>
          <button
            class="button"
            aria-label=${t("key-withdraw-of", { name: key.name })}
            onClick=${() => setOpen(key)}
          >
            ${t("key-withdraw")}
          </button>
        <//>`,
      )}
    </ul>
    ${
      over.length > 0 &&
      html`<details class="fold">
        <summary>${t("keys-over", { count: over.length })}</summary>
        <ul class="entries">
          ${over.map((key) => html`<${Entry} key=${key.id} of=${key} />`)}
        </ul>
      </details>`
    }
    ${open === "new" && html`<${NewKey} desks=${now.desks} close=${close} />`}
    ${open && open !== "new" && html`<${Withdraw} of=${open} close=${close} />`}
  </section>`;
}

const Entry = ({ of: key, children }) => html`<li class="card entry">
  <div class="main">
    <strong><${Name} of=${key.name} /></strong>
    <span class="quiet small">
      ${key.used_at ? t("key-used", { time: moment(key.used_at) }) : t("key-unused")}
      ${key.expires_at && html` · ${t("key-expires", { time: moment(key.expires_at) })}`}
      ${key.withdrawn_at && html` · ${t("key-withdrawn", { time: moment(key.withdrawn_at) })}`}
    </span>
  </div>
  ${key.scopes.map((scope) => html`<${Scope} key=${scope} of=${scope} />`)} ${children}
</li>`;

// What a key may do; one that registers does it for a terminal, whose code stands behind the colon.
function Scope({ of }) {
  const [what, code] = of.split(":");
  return html`<span class="chip">${t(`scope-${what}`)}${code && html` <${Ltr} of=${code} />`}</span>`;
}

function Withdraw({ of: key, close }) {
  const form = useForm({});
  return html`<${FormDialog}
    title=${t("key-withdraw-of", { name: key.name })}
    form=${form}
    send=${() => ask("DELETE", `/api/keys/${key.id}/`)}
    label=${t("key-withdraw")}
    kind="danger"
    close=${close}
  >
    <p>${t("key-withdraw-what")}</p>
  <//>`;
}

function NewKey({ desks, close }) {
  const form = useForm({ name: "", scope: "read", code: desks[0]?.code ?? "", expires: "" });
  const { name, scope, code, expires } = form.values;
  const make = async () => {
    const body = { name, scopes: [scope === "register" ? `register:${code}` : scope] };
    if (expires) body.expires = new Date(`${expires}T23:59:59`).toISOString();
    return (await ask("POST", "/api/keys/", body)).key;
  };
  return html`<${SecretDialog}
    title=${t("key-add")}
    form=${form}
    make=${make}
    label=${t("key-make")}
    once=${t("key-once")}
    secret=${t("key-secret")}
    close=${close}
  >
    <${Field}
      id="key-name"
      label=${t("key-name")}
      hint=${t("key-name-hint")}
      ...${form.field("name")}
      dir="auto"
      autocomplete="off"
    />
    <${Field} id="key-scope" label=${t("key-scope")} ...${form.field("scope")}>
      ${SCOPES.map((one) => html`<option value=${one}>${t(`scope-${one}`)}</option>`)}
    <//>
    ${
      scope === "register" &&
      html`<${Field} id="key-code" label=${t("key-terminal")} ...${form.field("code")}>
        ${desks.map((desk) => html`<option value=${desk.code}>${desk.code}</option>`)}
      <//>`
    }
    <${Field}
      id="key-expires"
      type="date"
      label=${t("key-until")}
      hint=${t("key-until-hint")}
      ...${form.field("expires")}
    />
  <//>`;
}
