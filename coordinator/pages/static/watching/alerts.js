// Alarms from when they came up to when they were over, and who looks at them.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Title } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { Advice, What, whatOf } from "../parts/alarm-words.js";
import { ask } from "../parts/asking.js";
import { causeOf } from "../parts/causes.js";
import { Fault, Field, FormDialog, useAct, useForm } from "../parts/forms.js";
import { Choices, Pager, useList } from "../parts/lists.js";

export function Alerts({ now }) {
  const [open, setOpen] = useState(true);
  const [seen, setSeen] = useState(null);
  const [again, setAgain] = useState(0);
  const [tried, setTried] = useState(null);
  const { busy, fault, run } = useAct();
  const list = useList(`/api/alerts/?open=${open}`, `${now.alerts} ${again}`);
  const attempt = () =>
    run(async () => setTried((await ask("POST", "/api/alerts/try/")).results));
  const close = () => {
    setSeen(null);
    setAgain(again + 1);
  };
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-alerts")}<//>
      <button class="button" disabled=${busy} onClick=${attempt}>${t("alerts-try")}</button>
    </header>
    <div role="status">
      ${
        tried &&
        html`<ul class="notice">
          ${tried.length === 0 && html`<li>${t("alerts-not-set-up")}</li>`}
          ${tried.map(
            (one) => html`<li key=${one.channel}>
              ${one.error
                ? t("alerts-unsent", { channel: one.channel })
                : t("alerts-sent", { channel: one.channel })}
              ${one.error && html`${" "}<bdi>${causeOf(one.error)}</bdi>`}
            </li>`,
          )}
        </ul>`
      }
    </div>
    <${Choices}
      label=${t("alerts-which")}
      choices=${[
        [true, t("alerts-open")],
        [false, t("alerts-over")],
      ]}
      chosen=${open}
      choose=${setOpen}
    />
    <${Fault} of=${fault || list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("alerts-none")}</p>`}
    <ul class="entries">
      ${list.all?.map((one) => html`<${Entry} key=${one.id} of=${one} look=${() => setSeen(one)} />`)}
    </ul>
    <${Pager} list=${list} />
    ${seen && html`<${Acknowledge} alert=${seen} close=${close} />`}
  </section>`;
}

function Entry({ of, look }) {
  const who = of.acknowledged;
  return html`<li class="card entry">
    <div class="main">
      <span class="row">
        <span class=${`chip ${of.level === "alert" ? "bad" : ""}`}>${t(`level-${of.level}`)}</span>
        <span class="quiet small">
          ${t("alert-since")} <${Ltr} of=${moment(of.since)} />
          ${of.ended && html`${" · "}${t("alert-ended")} <${Ltr} of=${moment(of.ended)} />`}
        </span>
      </span>
      <${What} of=${of} />
      ${!of.ended && html`<${Advice} of=${of} class="small quiet" />`}
      ${
        who &&
        html`<p class="small">
          ${t("alert-seen")} <${Name} of=${who.who} />, <${Ltr} of=${moment(who.at)} />
          ${who.note && html`: <bdi>${who.note}</bdi>`}
        </p>`
      }
    </div>
    ${
      !of.ended &&
      !who &&
      html`<button class="button" onClick=${look} aria-label=${`${t("alert-see")}: ${whatOf(of)}`}>
        ${t("alert-see")}
      </button>`
    }
  </li>`;
}

function Acknowledge({ alert, close }) {
  const form = useForm({ note: "" });
  return html`<${FormDialog}
    title=${t("alert-see")}
    form=${form}
    send=${() => ask("POST", `/api/alerts/${alert.id}/acknowledge/`, form.values)}
    label=${t("alert-see")}
    close=${close}
  >
    <${What} of=${alert} />
    <${Field}
      id="note"
      label=${t("alert-note")}
      hint=${t("alert-note-hint")}
      ...${form.field("note")}
      autocomplete="off"
    />
  <//>`;
}
