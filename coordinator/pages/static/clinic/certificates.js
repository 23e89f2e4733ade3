// Certificates: what lets desks in, and what browsers trust.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice, Title } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, FormDialog, Why, useForm, useLook } from "../parts/forms.js";

const DESKS = "/api/authority/";
const PAGES = "/api/pages-authority/";
const SHOWN = 32;
const FILE = "clinic.crt";

export function Certificates({ now }) {
  return html`<section class="stack">
    <${Title}>${t("nav-certificates")}<//>
    <${OfDesks} live=${now.desks.map((desk) => desk.line).join()} />
    <${OfPages} />
  </section>`;
}

const Key = ({ of }) => html`<${Ltr} class="path" of=${of.slice(0, SHOWN)} />`;

function OfDesks({ live }) {
  const [authority, setAuthority] = useState(null);
  const [open, setOpen] = useState("");
  const { fault, look } = useLook();
  useEffect(() => {
    look(async () => setAuthority(await ask("GET", DESKS)));
  }, [live]);
  if (!authority) return html`<${Fault} of=${fault} />`;
  const { next, left, locked } = authority;
  const close = () => setOpen("");
  const act = (name) => html`<button class="button" onClick=${() => setOpen(name)}>
    ${t(`authority-${name}`)}
  </button>`;
  const how = { authority, close, show: (found) => look(() => setAuthority(found)) };
  return html`<section class="card stack" aria-labelledby="of-desks">
    <h2 id="of-desks">${t("authority-title")}</h2>
    <p class="quiet">${t("authority-why")}</p>
    <dl class="facts">
      <div>
        <dt>${t("authority-now")}</dt>
        <dd><${Key} of=${authority.fingerprint} /></dd>
      </div>
      ${
        next &&
        html`<div>
          <dt>${t("authority-next")}</dt>
          <dd><${Key} of=${next} /></dd>
        </div>`
      }
      <div>
        <dt>${t("authority-passphrase-label")}</dt>
        <dd>${locked ? t("authority-is-locked") : t("authority-is-open")}</dd>
      </div>
    </dl>
    ${next && html`<${Notice}>${t("authority-renewing")}<//>`}
    ${
      left.length > 0
        ? html`<${Notice} kind="warn">
            <p>${t("authority-left", { count: left.length })}</p>
            <p><${Ltr} class="path" of=${left.join(", ")} /></p>
          <//>`
        : html`<p>${t("authority-nobody-left")}</p>`
    }
    <${Fault} of=${fault} />
    <div class="row">
      ${next ? act("finish") : act("renew")} ${act("passphrase")}
    </div>
    ${open === "renew" && html`<${Renew} ...${how} />`}
    ${open === "finish" && html`<${Finish} ...${how} />`}
    ${open === "passphrase" && html`<${Passphrase} ...${how} />`}
  </section>`;
}

const Secret = ({ form, name, label, hint }) => html`<${Field}
  id=${`authority-${name}`}
  type="password"
  label=${label}
  hint=${hint}
  ...${form.field(name)}
  autocomplete="off"
/>`;

function Renew({ authority, close, show }) {
  const form = useForm({ passphrase: "" });
  const { passphrase } = form.values;
  return html`<${FormDialog}
    title=${t("authority-renew")}
    form=${form}
    send=${async () => show(await ask("POST", `${DESKS}renew/`, passphrase ? { passphrase } : {}))}
    label=${t("authority-renew-act")}
    close=${close}
  >
    <p>${t("authority-renew-what")}</p>
    ${
      authority.locked &&
      html`<${Secret} form=${form} name="passphrase" label=${t("enrol-passphrase")} />`
    }
  <//>`;
}

// What cannot be undone says what it will do, in numbers, before it is done.
function Finish({ authority, close, show }) {
  const form = useForm({ why: "" });
  const reason = form.values.why.trim();
  const { left } = authority;
  return html`<${FormDialog}
    title=${t("authority-finish")}
    form=${form}
    send=${async () => show(await ask("POST", `${DESKS}finish/`, { reason }))}
    label=${t("authority-finish")}
    kind="danger"
    ready=${reason}
    close=${close}
  >
    <p>${t("end-for-good")}</p>
    <ul class="plan">
      <li>${t("authority-finish-certificates")}</li>
      <li>${t("authority-finish-left", { count: left.length, desks: left.join(", ") })}</li>
    </ul>
    <${Why} form=${form} />
  <//>`;
}

function Passphrase({ authority, close, show }) {
  const form = useForm({ old: "", new: "" });
  const send = async () => {
    const typed = Object.entries(form.values).filter(([, text]) => text);
    show(await ask("POST", `${DESKS}passphrase/`, Object.fromEntries(typed)));
  };
  return html`<${FormDialog}
    title=${t("authority-passphrase")}
    form=${form}
    send=${send}
    label=${t("form-save")}
    ready=${form.values.new || authority.locked}
    close=${close}
  >
    <p>${t("authority-passphrase-what")}</p>
    ${
      authority.locked &&
      html`<${Secret} form=${form} name="old" label=${t("authority-passphrase-old")} />`
    }
    <${Secret}
      form=${form}
      name="new"
      label=${t("authority-passphrase-new")}
      hint=${authority.locked ? t("authority-passphrase-none") : t("password-hint")}
    />
  <//>`;
}

function OfPages() {
  const [pages, setPages] = useState(null);
  const [renewing, setRenewing] = useState(false);
  const { fault, look } = useLook();
  useEffect(() => {
    look(async () => setPages(await ask("GET", PAGES)));
  }, []);
  if (!pages) return html`<${Fault} of=${fault} />`;
  return html`<section class="card stack" aria-labelledby="of-pages">
    <h2 id="of-pages">${t("pages-title")}</h2>
    <p class="quiet">${t("pages-why")}</p>
    <p>
      ${pages.address ? t("pages-on", { address: pages.address }) : t("pages-off")}
      ${" "}${pages.own_certificate && t("pages-own")}
    </p>
    ${
      pages.certificate
        ? html`<dl class="facts">
              <div>
                <dt>${t("pages-fingerprint")}</dt>
                <dd><${Ltr} class="path" of=${pages.fingerprint} /></dd>
              </div>
              <div>
                <dt>${t("pages-hosts")}</dt>
                <dd><${Ltr} class="path" of=${pages.hosts.join(", ")} /></dd>
              </div>
            </dl>
            <p class="small quiet">${t("pages-how")}</p>`
        : html`<p>${t("pages-none")}</p>`
    }
    <div class="row">
      ${pages.certificate && html`<${Download} text=${pages.certificate} />`}
      <button class="button" onClick=${() => setRenewing(true)}>
        ${pages.certificate ? t("pages-renew") : t("pages-make")}
      </button>
    </div>
    ${
      renewing &&
      html`<${NewAuthority}
        there=${pages.certificate}
        show=${setPages}
        close=${() => setRenewing(false)}
      />`
    }
  </section>`;
}

// The certificate as a file; what the page has is kept by the browser for as long as it is shown.
function Download({ text }) {
  const [place, setPlace] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type: "application/x-x509-ca-cert" }));
    setPlace(made);
    return () => URL.revokeObjectURL(made);
  }, [text]);
  return html`<a class="button first" href=${place} download=${FILE}>${t("pages-download")}</a>`;
}

function NewAuthority({ there, show, close }) {
  const form = useForm({});
  return html`<${FormDialog}
    title=${there ? t("pages-renew") : t("pages-make")}
    form=${form}
    send=${async () => show(await ask("POST", `${PAGES}renew/`))}
    label=${there ? t("pages-renew") : t("pages-make")}
    kind=${there ? "danger" : "first"}
    close=${close}
  >
    <p>${there ? t("pages-renew-what") : t("pages-make-what")}</p>
  <//>`;
}
