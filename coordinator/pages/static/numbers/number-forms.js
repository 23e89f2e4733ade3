// What new numbers look like: prefix, width, check digit. What a change does is said before it is
// done.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice } from "/static/shared/parts.js";
import { number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Dialog, Fault, Field, Sending, YesOrNo, useForm, useLook } from "../parts/forms.js";

const PATH = "/api/number-formats/";
const KINDS = ["plain", "online"];
// Digits of the numbers that a new coordinator begins with.
const WIDTH = 7;
const CHECKS = ["none", "damm", "verhoeff", "luhn", "luhn30", "mod11_10", "mod97_10"];

const Looks = ({ of }) =>
  of ? html`<${Ltr} class="mrn" of=${of.description} />` : t("form-as-they-are");

export function NumberForms() {
  const [forms, setForms] = useState(null);
  const [open, setOpen] = useState("");
  const { fault, look } = useLook();
  const read = () => look(async () => setForms(await ask("GET", PATH)));
  useEffect(() => {
    read();
  }, []);
  const close = () => {
    setOpen("");
    read();
  };
  return html`<section class="card stack" aria-labelledby="forms">
    <h2 id="forms">${t("form-title")}</h2>
    <p class="quiet">${t("form-why")}</p>
    <${Fault} of=${fault} />
    ${
      forms &&
      KINDS.map(
        (kind) => html`<div key=${kind} class="row apart">
          <p>
            ${t(`form-${kind}`)}: ${" "}<${Looks} of=${forms[kind]} />
            ${
              forms[kind] && forms[kind].check !== "none" &&
              html`${" "}<span class="chip">${t(`check-${forms[kind].check}`)}</span>`
            }
          </p>
          <button
            class="button"
            aria-label=${t("form-change-of", { kind: t(`form-${kind}`) })}
            onClick=${() => setOpen(kind)}
          >
            ${t("form-change")}
          </button>
        </div>`,
      )
    }
    ${open && html`<${Change} kind=${open} now=${forms[open]} close=${close} />`}
  </section>`;
}

function Change({ kind, now, close }) {
  const form = useForm({
    on: now ? "yes" : "no",
    prefix: now?.prefix ?? "",
    width: String(now?.width ?? (kind === "plain" ? WIDTH : 0)),
    separator: now?.separator ?? "",
    check: now?.check ?? "none",
    upgraded: "no",
  });
  const [plan, setPlan] = useState(null);
  const { on, prefix, width, separator, check, upgraded } = form.values;
  const body = { kind, on: on === "yes" };
  if (body.on) {
    const all_upgraded = upgraded === "yes";
    Object.assign(body, { prefix, width: Number(width), separator, check, all_upgraded });
  }
  const send = async () => {
    const found = await ask("PATCH", PATH, { ...body, dry_run: !plan });
    if (plan) close();
    else setPlan(found);
  };
  const back = () => setPlan(null);
  return html`<${Dialog} title=${t(`form-${kind}`)} close=${close}>
    <${Sending}
      form=${form}
      send=${send}
      label=${plan ? t("form-do") : t("form-look")}
      ready=${!plan || plan.earlier.length === 0}
      close=${plan ? back : close}
    >
      ${
        plan
          ? html`<${Plan} of=${plan} form=${form} />`
          : html`<${Field} id="form-on" label=${t("form-looks")} ...${form.field("on")}>
                <option value="no">${t("form-as-they-are")}</option>
                <option value="yes">${t("form-in-a-form")}</option>
              <//>
              ${on === "yes" && html`<${Parts} kind=${kind} form=${form} />`}`
      }
    <//>
  <//>`;
}

const Parts = ({ kind, form }) => html`<${Field}
    id="form-prefix"
    label=${t("form-prefix")}
    hint=${t("form-prefix-hint")}
    ...${form.field("prefix")}
    class="ltr-field"
    maxlength="12"
    autocomplete="off"
  />
  ${
    kind === "plain" &&
    html`<${Field}
      id="form-width"
      label=${t("form-width")}
      hint=${t("form-width-hint")}
      ...${form.field("width")}
      class="ltr-field"
      inputmode="numeric"
      autocomplete="off"
    />`
  }
  <${Field} id="form-check" label=${t("form-check")} ...${form.field("check")}>
    ${CHECKS.map((one) => html`<option value=${one}>${t(`check-${one}`)}</option>`)}
  <//>
  <${Field} id="form-separator" label=${t("form-separator")} ...${form.field("separator")}>
    <option value="">${t("form-separator-none")}</option>
    <option value="-">-</option>
    <option value=".">.</option>
  <//>`;

function Plan({ of: plan, form }) {
  return html`<ul class="plan">
      <li>${t("form-after")} <${Looks} of=${plan.after} />; ${t("form-before")}${" "}
        <${Looks} of=${plan.before} /></li>
      ${
        plan.example &&
        html`<li>${t("form-example")} <${Ltr} class="mrn" of=${plan.example} /></li>`
      }
      ${
        plan.old_numbers > 0 &&
        html`<li>${t("form-old", { count: number(plan.old_numbers) })}</li>`
      }
      <li>${t("form-stay")}</li>
    </ul>
    ${
      plan.earlier.length > 0 &&
      html`<${Notice} kind="bad">${t("form-earlier", { desks: plan.earlier.join(", ") })}<//>`
    }
    ${
      plan.unknown.length > 0 &&
      html`<${Notice} kind="warn">${t("form-unknown", { desks: plan.unknown.join(", ") })}<//>
        <${YesOrNo} id="form-upgraded" label=${t("form-upgraded")} ...${form.field("upgraded")} />`
    }`;
}
