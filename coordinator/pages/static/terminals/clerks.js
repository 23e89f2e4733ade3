// Who works at which desk, and who of them has a PIN.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Dialog, Fault, Field, FormDialog, Sending, useAct, useForm, useLook } from "../parts/forms.js";

const PATH = "/api/clerks/";

export function Clerks({ now }) {
  const [clerks, setClerks] = useState(null);
  const [typing, setTyping] = useState(null);
  const [open, setOpen] = useState(null);
  const { fault, look } = useLook();
  const read = async () => {
    const [found, rule] = await Promise.all([ask("GET", PATH), ask("GET", `${PATH}rule/`)]);
    setClerks(found.results);
    setTyping(rule.typing);
  };
  useEffect(() => {
    look(read);
  }, []);
  const done = () => {
    setOpen(null);
    look(read);
  };
  const works = (desk) => ["active", "inactive"].includes(desk.state);
  const desks = (now?.desks ?? []).filter(works).map((desk) => desk.code);
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-clerks")}<//>
      <button class="button first" onClick=${() => setOpen("new")}>${t("clerk-add")}</button>
    </header>
    <p class="quiet">${t("clerks-what")}</p>
    <${Fault} of=${fault} />
    ${clerks?.length === 0 && html`<p class="quiet empty">${t("clerks-none")}</p>`}
    <ul class="entries">
      ${(clerks ?? []).map(
        (one) => html`<li key=${one.id} class="card entry">
          <div class="main">
            <strong><${Name} of=${one.name} /></strong>
            <span class="quiet small"><${Places} of=${one} /></span>
          </div>
          ${one.pin_lost && html`<span class="chip bad">${t("clerk-pin-lost")}</span>`}
          ${one.pin && !one.pin_lost && html`<span class="chip good">${t("clerk-has-pin")}</span>`}
          <button
            class="button"
            aria-label=${t("user-change-of", { name: one.name })}
            onClick=${() => setOpen(one)}
          >
            ${t("user-change")}
          </button>
        </li>`,
      )}
    </ul>
    ${typing !== null && html`<${Typing} key=${String(typing)} typing=${typing} done=${done} />`}
    ${open === "new" && html`<${NewClerk} ...${{ desks, done, close: () => setOpen(null) }} />`}
    ${
      open &&
      open !== "new" &&
      html`<${ChangeClerk} key=${open.id} of=${open} ...${{ desks, done, close: () => setOpen(null) }} />`
    }
  </section>`;
}

function Places({ of: clerk }) {
  if (clerk.desks === null) return t("clerk-all-desks");
  if (clerk.desks.length === 0) return t("clerk-no-desk");
  return html`<${Ltr} of=${clerk.desks.join(", ")} />`;
}

// Whether names may be typed where there are names to choose from.
function Typing({ typing, done }) {
  const form = useForm({ typing: typing ? "yes" : "no" });
  const wanted = form.values.typing === "yes";
  return html`<${Sending}
    class="card"
    form=${form}
    send=${() => ask("PATCH", `${PATH}rule/`, { typing: wanted })}
    done=${done}
    label=${t("form-save")}
    ready=${wanted !== typing}
  >
    <${Field}
      id="clerks-typing"
      label=${t("clerks-typing")}
      hint=${t("clerks-typing-hint")}
      ...${form.field("typing")}
    >
      <option value="yes">${t("clerks-typing-yes")}</option>
      <option value="no">${t("clerks-typing-no")}</option>
    <//>
  <//>`;
}

// What is asked of a clerk; `desks` are the codes of all desks.
function About({ form, desks, pin }) {
  const { where, chosen } = form.values;
  const turn = (code) =>
    form.set("chosen", chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code]);
  return html`
    <${Field}
      id="clerk-name"
      label=${t("clerk-name")}
      ...${form.field("name")}
      class="name"
      dir="auto"
      autocomplete="off"
    />
    <${Field} id="clerk-where" label=${t("clerk-where")} ...${form.field("where")}>
      <option value="all">${t("clerk-all-desks")}</option>
      <option value="some">${t("clerk-some-desks")}</option>
    <//>
    ${
      where === "some" &&
      html`<fieldset class="field">
        <legend>${t("clerk-desks")}</legend>
        <div class="row">
          ${[...new Set([...desks, ...chosen])].map(
            (code) => html`<button
              key=${code}
              type="button"
              class="button"
              aria-pressed=${String(chosen.includes(code))}
              onClick=${() => turn(code)}
            >
              <${Ltr} of=${code} />
            </button>`,
          )}
        </div>
      </fieldset>`
    }
    <${Field}
      id="clerk-pin"
      label=${t(pin)}
      hint=${t("clerk-pin-hint")}
      ...${form.field("pin")}
      class="ltr"
      inputmode="numeric"
      autocomplete="off"
    />
  `;
}

function NewClerk({ desks, done, close }) {
  const form = useForm({ name: "", where: "all", chosen: [], pin: "" });
  const { name, where, chosen, pin } = form.values;
  const send = () =>
    ask("POST", PATH, { name, desks: where === "all" ? null : chosen, ...(pin && { pin }) });
  return html`<${FormDialog}
    title=${t("clerk-add")}
    form=${form}
    send=${send}
    label=${t("form-save")}
    done=${done}
    close=${close}
    ready=${name.trim()}
  >
    <${About} form=${form} desks=${desks} pin="clerk-pin" />
  <//>`;
}

function ChangeClerk({ of: clerk, desks, done, close }) {
  const form = useForm({
    name: clerk.name,
    where: clerk.desks === null ? "all" : "some",
    chosen: clerk.desks ?? [],
    pin: "",
  });
  const removing = useAct();
  const [leaving, setLeaving] = useState("");
  const path = `${PATH}${clerk.id}/`;
  const { name, where, chosen, pin } = form.values;
  const send = () =>
    ask("PATCH", path, {
      name,
      ...(where === "all" ? { all_desks: true } : { desks: chosen }),
      ...(pin && { pin }),
    });
  const act = async () => {
    const body = { no_pin: true };
    const did = await removing.run(() =>
      leaving === "pin" ? ask("PATCH", path, body) : ask("DELETE", path),
    );
    if (did) done();
  };
  if (leaving) {
    return html`<${Dialog} title=${clerk.name} close=${() => setLeaving("")}>
      <p>${t(leaving === "pin" ? "clerk-no-pin-what" : "clerk-remove-what")}</p>
      <${Fault} of=${removing.fault} />
      <div class="row">
        <button class="button danger" disabled=${removing.busy} onClick=${act}>
          ${t(leaving === "pin" ? "clerk-no-pin" : "clerk-remove")}
        </button>
        <button class="button plain" onClick=${() => setLeaving("")}>${t("page-cancel")}</button>
      </div>
    <//>`;
  }
  return html`<${FormDialog}
    title=${clerk.name}
    form=${form}
    send=${send}
    label=${t("form-save")}
    done=${done}
    close=${close}
    ready=${name.trim()}
  >
    <${About} form=${form} desks=${desks} pin=${clerk.pin ? "clerk-new-pin" : "clerk-pin"} />
    <div class="row">
      ${
        clerk.pin &&
        html`<button class="button" type="button" onClick=${() => setLeaving("pin")}>
          ${t("clerk-no-pin")}
        </button>`
      }
      <button class="button" type="button" onClick=${() => setLeaving("clerk")}>
        ${t("clerk-remove")}
      </button>
    </div>
  <//>`;
}
