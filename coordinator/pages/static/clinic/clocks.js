// Clocks: what time it is taken to be, and the times that nobody is to believe.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Name, Notice, Title, useCalm } from "/static/shared/parts.js";
import { instant, moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, FormDialog, Why, useForm, useLook } from "../parts/forms.js";

const CLOCK = "/api/clock/";
const WRONG = "/api/clock/disbelieved/";
const COORDINATOR = "@coordinator";

const Writer = ({ of }) => (of === COORDINATOR ? t("map-hub") : html`<${Ltr} of=${of} />`);

export function Clocks({ now }) {
  const [clock, setClock] = useState(null);
  const [wrong, setWrong] = useState(null);
  // What is open: "right", "new", or the stretch of time that is to be believed again.
  const [open, setOpen] = useState(null);
  const { fault, look } = useLook();
  const cursor = useCalm(now.cursor);
  useEffect(() => {
    look(async () => {
      setClock(await ask("GET", CLOCK));
      setWrong((await ask("GET", WRONG)).results);
    });
  }, [cursor]);
  const close = () => setOpen(null);
  return html`<section class="stack">
    <${Title}>${t("nav-clocks")}<//>
    <${Fault} of=${fault} />
    ${clock && html`<${Now} clock=${clock} right=${() => setOpen("right")} />`}
    <section class="stack" aria-labelledby="wrong">
      <header class="row apart">
        <h2 id="wrong">${t("times-title")}</h2>
        <button class="button" onClick=${() => setOpen("new")}>${t("times-add")}</button>
      </header>
      <p class="quiet">${t("times-why")}</p>
      ${wrong?.length === 0 && html`<p class="quiet">${t("times-none")}</p>`}
      <ul class="entries">
        ${wrong?.map(
          (one) => html`<li key=${one.id} class="card entry">
            <div class="main">
              <strong><${Writer} of=${one.author} /></strong>
              <span><${Ltr} of=${`${moment(one.first)} – ${moment(one.last)}`} /></span>
              <span><bdi>${one.why}</bdi></span>
              <span class="quiet small">
                <${Name} of=${one.who} /> · <${Ltr} of=${moment(one.at)} />
              </span>
            </div>
            <button
              class="button"
              aria-label=${t("times-back-of", { desk: one.author })}
              onClick=${() => setOpen(one)}
            >
              ${t("times-back")}
            </button>
          </li>`,
        )}
      </ul>
    </section>
    ${open === "right" && html`<${Right} show=${setClock} close=${close} />`}
    ${
      open === "new" &&
      html`<${Add} desks=${now.desks} show=${setWrong} close=${close} />`
    }
    ${open?.id && html`<${TakeBack} of=${open} show=${setWrong} close=${close} />`}
  </section>`;
}

function Now({ clock, right }) {
  const others = Object.entries(clock.others).filter(([, seconds]) => Math.abs(seconds) >= 60);
  return html`<section class="card stack" aria-labelledby="now">
    <h2 id="now">${t("clock-now", { time: moment(clock.time) })}</h2>
    ${
      clock.believed
        ? html`<p>${t("clock-followed")}</p>`
        : html`<${Notice} kind="bad">${t("clock-not-followed", { time: moment(clock.shown) })}<//>`
    }
    ${!clock.settled && html`<p class="quiet">${t("clock-unsettled")}</p>`}
    ${
      others.length > 0 &&
      html`<ul class="stack tight">
        ${others.map(([code, seconds]) => {
          const minutes = Math.round(Math.abs(seconds) / 60);
          return html`<li key=${code}>
            <${Writer} of=${code} />: ${" "}
            ${seconds > 0 ? t("clock-ahead", { minutes }) : t("clock-behind", { minutes })}
          </li>`;
        })}
      </ul>`
    }
    <button class="button start" onClick=${right}>${t("clock-right-act")}</button>
  </section>`;
}

function Right({ show, close }) {
  const form = useForm({});
  return html`<${FormDialog}
    title=${t("clock-right-act")}
    form=${form}
    send=${async () => show(await ask("POST", `${CLOCK}right/`))}
    label=${t("clock-right-act")}
    close=${close}
  >
    <p>${t("clock-right-what")}</p>
  <//>`;
}

function Add({ desks, show, close }) {
  const form = useForm({ author: desks[0]?.code ?? COORDINATOR, first: "", last: "", why: "" });
  const { author, first, last, why } = form.values;
  const send = async () => {
    const body = { author, first: instant(first), last: instant(last), why: why.trim() };
    show((await ask("POST", WRONG, body)).results);
  };
  return html`<${FormDialog}
    title=${t("times-add")}
    form=${form}
    send=${send}
    label=${t("times-act")}
    ready=${first && last && why.trim()}
    close=${close}
  >
    <p class="quiet">${t("times-what")}</p>
    <${Field} id="times-author" label=${t("times-author")} ...${form.field("author")}>
      ${desks.map((desk) => html`<option value=${desk.code}>${desk.code}</option>`)}
      <option value=${COORDINATOR}>${t("map-hub")}</option>
    <//>
    ${["first", "last"].map(
      (name) => html`<${Field}
        key=${name}
        id=${`times-${name}`}
        type="datetime-local"
        label=${t(`times-${name}`)}
        ...${form.field(name)}
        class="ltr-field"
      />`,
    )}
    <${Why} form=${form} />
  <//>`;
}

function TakeBack({ of: stretch, show, close }) {
  const form = useForm({ why: "" });
  const why = form.values.why.trim();
  return html`<${FormDialog}
    title=${t("times-back")}
    form=${form}
    send=${async () => show((await ask("POST", `${WRONG}${stretch.id}/back/`, { why })).results)}
    label=${t("times-back")}
    ready=${why}
    close=${close}
  >
    <p>
      <${Writer} of=${stretch.author} />:
      ${" "}<${Ltr} of=${`${moment(stretch.first)} – ${moment(stretch.last)}`} />
    </p>
    <${Why} form=${form} />
  <//>`;
}
