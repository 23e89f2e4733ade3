// API keys: what programs call with.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Dialog, Fault, Field, Form, Secret, useAct } from "./forms.js";

const SCOPES = ["read", "register", "conflicts", "metrics", "administer"];

export function Keys({ now }) {
  const [keys, setKeys] = useState(null);
  // What is open: "new", or the key that is to be withdrawn.
  const [open, setOpen] = useState(null);
  const { busy, fault, run } = useAct();
  const look = () => ask("GET", "/api/keys/").then((found) => setKeys(found.results));
  useEffect(() => {
    run(look);
  }, []);
  const close = () => {
    setOpen(null);
    run(look);
  };
  const withdraw = async () => {
    await run(() => ask("DELETE", `/api/keys/${open.id}/`));
    close();
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
    ${
      open &&
      open !== "new" &&
      html`<${Dialog} title=${t("key-withdraw-of", { name: open.name })} close=${close}>
        <p>${t("key-withdraw-what")}</p>
        <div class="row">
          <button class="button danger" disabled=${busy} onClick=${withdraw}>
            ${t("key-withdraw")}
          </button>
          <button class="button plain" onClick=${close}>${t("page-cancel")}</button>
        </div>
      <//>`
    }
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
  ${key.scopes.map((scope) => html`<span class="chip"><${Ltr} of=${scope} /></span>`)} ${children}
</li>`;

function NewKey({ desks, close }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState("read");
  const [code, setCode] = useState(desks[0]?.code ?? "");
  const [expires, setExpires] = useState("");
  const [made, setMade] = useState("");
  const { busy, fault, faults, run } = useAct();
  const act = () =>
    run(async () => {
      const body = { name, scopes: [scope === "register" ? `register:${code}` : scope] };
      if (expires) body.expires = new Date(`${expires}T23:59:59`).toISOString();
      setMade((await ask("POST", "/api/keys/", body)).key);
    });
  return html`<${Dialog} title=${t("key-add")} close=${close}>
    ${
      made
        ? html`<p>${t("key-once")}</p>
            <${Secret} of=${made} label=${t("key-secret")} />
            <button class="button plain" onClick=${close}>${t("page-close")}</button>`
        : html`<${Form} act=${act}>
            <${Field}
              id="key-name"
              label=${t("key-name")}
              hint=${t("key-name-hint")}
              value=${name}
              change=${setName}
              fault=${faults.name}
              dir="auto"
              autocomplete="off"
            />
            <${Field} id="key-scope" label=${t("key-scope")} value=${scope} change=${setScope}>
              ${SCOPES.map((one) => html`<option value=${one}>${t(`scope-${one}`)}</option>`)}
            <//>
            ${
              scope === "register" &&
              html`<${Field} id="key-code" label=${t("key-terminal")} value=${code} change=${setCode}>
                ${desks.map((desk) => html`<option value=${desk.code}>${desk.code}</option>`)}
              <//>`
            }
            <${Field}
              id="key-expires"
              type="date"
              label=${t("key-until")}
              hint=${t("key-until-hint")}
              value=${expires}
              change=${setExpires}
              fault=${faults.expires}
            />
            <${Fault} of=${fault} />
            <div class="row">
              <button class="button first" type="submit" disabled=${busy}>${t("key-make")}</button>
              <button class="button plain" type="button" onClick=${close}>
                ${t("page-cancel")}
              </button>
            </div>
          <//>`
    }
  <//>`;
}
