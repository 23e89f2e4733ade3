// Backups: the last good one, making one now, and where they go.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Ltr, Notice, Title } from "/static/shared/parts.js";
import { moment, number, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { causeOf } from "../parts/causes.js";
import { Fault, SecretDialog, useAct, useForm } from "../parts/forms.js";
import { Rescue } from "../terminals/rescue.js";
import { SettingForm } from "./settings.js";

// Where backups go; also a step of the guide.
export const BackupPlace = (how) => html`<${SettingForm}
  ...${how}
  name="backup_folder"
  id="backup-folder"
  caption=${t("backup-folder")}
  hint=${t("backup-folder-hint")}
  class="ltr-field"
  autocomplete="off"
  spellcheck=${false}
  required
/>`;

export function Backups({ now }) {
  const { last_good: last, failed, running, nightly } = now.backup;
  const [making, setMaking] = useState(false);
  const { busy, fault, run } = useAct();
  const make = () => run(() => ask("POST", "/api/backups/", {}));
  return html`<section class="stack">
    <header class="row apart">
      <${Title}>${t("nav-backups")}<//>
      <button class="button first" disabled=${busy || running} onClick=${make}>
        ${t("backup-make")}
      </button>
    </header>
    <${Fault} of=${fault} />
    <p role="status" class="quiet">${running && t("backup-running")}</p>
    ${
      failed &&
      html`<${Notice} kind="bad">
        <p>${t("backup-failed", { time: moment(failed.at) })}</p>
        <p dir="auto" class="small">${causeOf(failed.why)}</p>
      <//>`
    }
    ${
      last
        ? html`<div class="card stack tight">
            <strong>${t("backup-last", { time: moment(last.at) })}</strong>
            <p class="quiet">${t("backup-people", { count: number(last.patients) })}</p>
            <p class="small"><${Ltr} class="path" of=${last.file} /></p>
          </div>`
        : html`<${Notice} kind="warn">${t("backup-none")}<//>`
    }
    <p class="quiet">${nightly ? t("backup-nightly") : t("backup-by-hand")}</p>
    <section class="card stack" aria-labelledby="place">
      <h2 id="place">${t("backup-place")}</h2>
      <${BackupPlace} />
    </section>
    <section class="card stack" aria-labelledby="recovery-key">
      <h2 id="recovery-key">${t("recovery-key")}</h2>
      <p class="quiet">${t("recovery-key-why")}</p>
      <button class="button start" onClick=${() => setMaking(true)}>
        ${t("recovery-key-make")}
      </button>
    </section>
    <${Rescue} now=${now} />
    ${making && html`<${NewRecoveryKey} close=${() => setMaking(false)} />`}
  </section>`;
}

function NewRecoveryKey({ close }) {
  const form = useForm({});
  return html`<${SecretDialog}
    title=${t("recovery-key-make")}
    form=${form}
    make=${async () => (await ask("POST", "/api/recovery-key/")).recovery_key}
    label=${t("recovery-key-make")}
    once=${t("recovery-key-once")}
    secret=${t("recovery-key")}
    close=${close}
  >
    <p>${t("recovery-key-what")}</p>
  <//>`;
}
