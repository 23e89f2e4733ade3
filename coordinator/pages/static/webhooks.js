// Webhooks: addresses to which changes of the register are delivered.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Title, useCalm } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "./asking.js";
import { Dialog, Fault, Field, Form, Secret, useAct } from "./forms.js";

export function Webhooks({ now }) {
  const [hooks, setHooks] = useState([]);
  // What is open: "new", or the one that is to be removed.
  const [open, setOpen] = useState(null);
  const { busy, fault, run } = useAct();
  const cursor = useCalm(now.cursor);
  const look = () => ask("GET", "/api/webhooks/").then((found) => setHooks(found.results));
  useEffect(() => {
    run(look);
  }, [cursor]);
  const close = () => {
    setOpen(null);
    run(look);
  };
  const remove = async () => {
    await run(() => ask("DELETE", `/api/webhooks/${open.id}/`));
    close();
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
                ${" "}<bdi lang="en">${hook.last_error}</bdi>
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
    ${
      open &&
      open !== "new" &&
      html`<${Dialog} title=${t("hook-remove")} close=${close}>
        <p><${Ltr} class="path" of=${open.url} /></p>
        <p>${t("hook-remove-what")}</p>
        <div class="row">
          <button class="button danger" disabled=${busy} onClick=${remove}>
            ${t("hook-remove")}
          </button>
          <button class="button plain" onClick=${close}>${t("page-cancel")}</button>
        </div>
      <//>`
    }
  </section>`;
}

function NewHook({ close }) {
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const { busy, fault, faults, run } = useAct();
  const act = () =>
    run(async () => setSecret((await ask("POST", "/api/webhooks/", { url: url.trim() })).secret));
  return html`<${Dialog} title=${t("hook-add")} close=${close}>
    ${
      secret
        ? html`<p>${t("hook-once")}</p>
            <${Secret} of=${secret} label=${t("hook-secret")} />
            <button class="button plain" onClick=${close}>${t("page-close")}</button>`
        : html`<${Form} act=${act}>
            <${Field}
              id="hook-url"
              type="url"
              label=${t("hook-url")}
              hint=${t("hook-url-hint")}
              value=${url}
              change=${setUrl}
              fault=${faults.url}
              class="ltr-field"
              autocomplete="off"
            />
            <${Fault} of=${fault} />
            <div class="row">
              <button class="button first" type="submit" disabled=${busy}>${t("hook-add")}</button>
              <button class="button plain" type="button" onClick=${close}>
                ${t("page-cancel")}
              </button>
            </div>
          <//>`
    }
  <//>`;
}
