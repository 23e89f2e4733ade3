// The register of an earlier system: a file is handed over, shown as it was read, tried, and taken.

import { html, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused } from "/static/shared/calls.js";
import { Ltr, Notice, Title, useTurn } from "/static/shared/parts.js";
import { hasText, number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, FileField, More, Sending, YesOrNo, useAct, useForm } from "../parts/forms.js";

const PATH = "/api/import/files/";
const LOOK_MS = 500;
const TABLES = ["terminals", "patients"];
const ENCODINGS = ["utf-8", "cp1256", "cp1252"];
const ISO = "";
const DATES = [
  ...[ISO, "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d"],
  ...["%d-%b-%Y", "%d %b %Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%d-%b-%y"],
];
const PARTS = { d: "DD", m: "MM", Y: "YYYY", y: "YY", b: "Mon" };
const written = (form) => form.replace(/%(\w)/g, (_, part) => PARTS[part]) || "YYYY-MM-DD";

export const ImportPage = () => html`<section class="stack">
  <${Title}>${t("nav-import")}<//>
  <p class="quiet">${t("guide-why-import")}</p>
  <${Import} />
</section>`;

// Also a step of the guide; `children` stand below it.
export function Import({ children }) {
  const [state, setState] = useState(null);
  const { busy, fault, run } = useAct();
  const running = state?.run?.running;
  const turn = useTurn();
  const look = () => turn(async () => setState(await ask("GET", PATH)));
  // What was asked before is not shown after it.
  const show = (answer) => turn(() => setState(answer));
  useEffect(() => {
    run(look);
  }, []);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => look().catch(() => {}), LOOK_MS);
    return () => clearInterval(timer);
  }, [running]);
  if (!state) return html`<${Fault} of=${fault} />`;
  // The other file is shown in place of the one that somebody has seen, and why.
  const replaced = (error) =>
    run(async () => {
      await look();
      throw error;
    });
  const drop = () =>
    run(async () => {
      await ask("DELETE", PATH);
      await look();
    });
  return html`<div class="stack">
    ${
      state.file
        ? html`<${File} key=${state.file.id} ...${{ state, show, replaced }} />
            <button class="button plain start" disabled=${busy || running} onClick=${drop}>
              ${t("import-another")}
            </button>`
        : html`<${Choose} show=${show} />`
    }
    <${Fault} of=${fault} />
    ${children}
  </div>`;
}

function Choose({ show }) {
  const form = useForm({ table: "patients", encoding: ENCODINGS[0] });
  const [file, setFile] = useState(null);
  const send = async () => {
    const query = new URLSearchParams({ ...form.values, name: file.name });
    show(await ask("POST", `${PATH}?${query}`, file));
  };
  return html`<${Sending}
    class="card decide"
    form=${form}
    send=${send}
    label=${form.busy ? t("import-reading") : t("import-read")}
    ready=${file}
  >
    <p class="quiet">${t("import-how")}</p>
    <${Field} id="import-table" label=${t("import-table")} ...${form.field("table")}>
      ${TABLES.map((one) => html`<option value=${one}>${t(`import-table-${one}`)}</option>`)}
    <//>
    <${FileField}
      id="import-file"
      label=${t("import-file")}
      accept=".csv,.txt,.xlsx"
      change=${setFile}
    />
    <${More}>
      <${Field}
        id="import-encoding"
        label=${t("import-encoding")}
        hint=${t("import-encoding-hint")}
        ...${form.field("encoding")}
      >
        ${ENCODINGS.map((one) => html`<option value=${one}>${t(`import-encoding-${one}`)}</option>`)}
      <//>
    <//>
  <//>`;
}

function File({ state: { file, run: work }, show, replaced }) {
  const form = useForm({ dates: file.date_formats[0] ?? ISO, lenient: "no", odd: "no" });
  const { dates, lenient, odd } = form.values;
  // A file is taken after it was tried as it is to be taken.
  const [tried, setTried] = useState("");
  const how = JSON.stringify(form.values);
  const begin = (dry_run) =>
    form.run(async () => {
      const body = { dry_run, file: file.id, lenient: lenient === "yes", take_odd: odd === "yes" };
      if (dates) body.date_format = dates;
      setTried(how);
      try {
        show(await ask("POST", `${PATH}run/`, body));
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== "another_file") throw error;
        await replaced(error);
      }
    });
  const running = work?.running;
  const ready = work?.dry_run && !running && !work.error && tried === how && work.taken > 0;
  return html`<section class="card stack" aria-labelledby="import-name">
    <h2 id="import-name"><${Ltr} class="path" of=${file.name} /></h2>
    <p>
      ${t(`import-rows-${file.table}`, { count: file.rows })} ·${" "}
      ${t(`import-form-${file.form_said.code}`, file.form_said.terms)}
    </p>
    <div class="scrolls" role="region" tabindex="0" aria-label=${t("import-columns")}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">${t("import-column")}</th>
            <th scope="col">${t("import-looks")}</th>
          </tr>
        </thead>
        <tbody>
          ${file.columns.map(
            (one) => html`<tr key=${one.name}>
              <th scope="row">${nameOf(one.name)}</th>
              <td>
                ${one.said.map(
                  ({ code, terms }, at) => html`<p key=${at}>${t(`import-look-${code}`, terms)}</p>`,
                )}
              </td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      file.ignored.length > 0 &&
      html`<${Notice} kind="warn">${t("import-ignored", { columns: file.ignored.join(", ") })}<//>`
    }
    ${file.date_formats.length > 1 && html`<${Notice} kind="warn">${t("import-days")}<//>`}
    ${
      file.table === "patients" &&
      html`<${Field} id="import-dates" label=${t("import-dates")} ...${form.field("dates")}>
          ${DATES.map((one) => html`<option value=${one}>${written(one)}</option>`)}
        <//>
        <${YesOrNo}
          id="import-lenient"
          label=${t("import-lenient")}
          hint=${t("import-lenient-hint")}
          ...${form.field("lenient")}
        />
        <${YesOrNo}
          id="import-odd"
          label=${t("import-odd")}
          hint=${t("import-odd-hint")}
          ...${form.field("odd")}
        />`
    }
    ${work && html`<${Run} of=${work} total=${file.rows} />`}
    <${Fault} of=${form.fault} />
    <div class="row">
      <button
        class=${`button ${ready ? "" : "first"}`}
        disabled=${running || form.busy}
        onClick=${() => begin(true)}
      >
        ${t("import-try")}
      </button>
      ${
        ready &&
        html`<button class="button first" disabled=${form.busy} onClick=${() => begin(false)}>
          ${t("import-take", { count: work.taken })}
        </button>`
      }
    </div>
  </section>`;
}

const nameOf = (column) =>
  hasText(`field-${column}`) ? t(`field-${column}`) : html`<${Ltr} of=${column} />`;

// How far a run is, and what became of the rows.
function Run({ of: work, total }) {
  const tense = work.dry_run ? "would" : "did";
  return html`<div class="stack tight" role="status">
    ${
      work.running
        ? html`<label for="import-progress">
              ${t("import-progress", { done: number(work.rows), all: number(total) })}
            </label>
            <progress id="import-progress" max=${total} value=${work.rows}></progress>`
        : html`<ul class="plan">
            <li><strong>${t(`import-taken-${tense}`, { count: work.taken })}</strong></li>
            ${work.there > 0 && html`<li>${t("import-there", { count: work.there })}</li>`}
            ${work.filled > 0 && html`<li>${t("import-filled", { count: work.filled })}</li>`}
            ${work.alike > 0 && html`<li>${t("import-alike", { count: work.alike })}</li>`}
            ${work.left_out > 0 && html`<li>${t("import-left-out", { count: work.left_out })}</li>`}
            ${work.refused.map(
              (one) => html`<li key=${one.code}>
                ${t(`import-refused-${tense}`, { count: one.count })}:${" "}
                ${
                  hasText(`import-code-${one.code}`)
                    ? t(`import-code-${one.code}`)
                    : html`<bdi lang="en">${one.code.replaceAll("_", " ")}</bdi>`
                }
              </li>`,
            )}
          </ul>`
    }
    ${work.error && html`<p class="fault"><bdi lang="en">${work.error}</bdi></p>`}
    ${
      !work.running &&
      (work.refused.length > 0 || work.left_out > 0) &&
      html`<a class="button start" href=${`${PATH}report.csv`} download>${t("import-report")}</a>`
    }
  </div>`;
}
