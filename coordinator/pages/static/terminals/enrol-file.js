// Letting in a desk that never sees the coordinator: its file comes here, and another one goes back.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, FileField, Form, Secret, useAct } from "../parts/forms.js";
import { usePassphrase } from "../parts/passphrase.js";

export function EnrolFile({ code = "", children }) {
  const [file, setFile] = useState(null);
  const [check, setCheck] = useState("");
  const [made, setMade] = useState(null);
  const passphrase = usePassphrase();
  const { busy, fault, faults, run } = useAct();
  if (made) return html`<${Answer} of=${made}>${children}<//>`;
  const act = () =>
    run(async () => {
      const body = { request: await file.text(), check: check.trim(), ...passphrase.body };
      setMade(await ask("POST", "/api/enrolments/offline/", body));
    });
  return html`<${Form} act=${act}>
    <p>${t("enrol-file-first")}</p>
    <${Secret} of=${`mrnmesh-node enrol --offline ${code || "CODE"}`} label=${t("enrol-command")} />
    <${FileField}
      id="enrol-file"
      label=${t("enrol-file-request")}
      accept=".request"
      change=${setFile}
    />
    <${Field}
      id="enrol-check"
      label=${t("enrol-file-check")}
      hint=${t("enrol-file-check-hint")}
      value=${check}
      change=${setCheck}
      fault=${faults.check}
      class="ltr-field"
      autocomplete="off"
      spellcheck=${false}
    />
    ${passphrase.field}
    <${Fault} of=${fault} />
    <div class="row">
      <button class="button first" type="submit" disabled=${busy || !file || !check.trim()}>
        ${t("enrol-file-act")}
      </button>
      ${children}
    </div>
  <//>`;
}

// The file that goes back, and by what the desk knows that it is this one.
function Answer({ of: made, children }) {
  const [href, setHref] = useState("");
  const name = `${made.terminal}.answer`;
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([made.answer], { type: "text/plain" }));
    setHref(address);
    return () => URL.revokeObjectURL(address);
  }, [made]);
  return html`<div class="stack">
    <p role="status">${t("enrol-file-done", { code: made.terminal })}</p>
    <a class="button first start" href=${href} download=${name}>${t("enrol-file-save", { name })}</a>
    <p>${t("enrol-file-then")}</p>
    <${Secret} of=${`mrnmesh-node enrol --offline ${name}`} label=${t("enrol-command")} />
    <p>${t("enrol-file-back")}</p>
    <${Secret} of=${made.check} label=${t("enrol-file-check")} />
    <div class="row">${children}</div>
  </div>`;
}
