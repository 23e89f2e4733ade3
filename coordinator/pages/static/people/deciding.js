// What can be decided about one record: merging it, taking that back, mistakes, who somebody is.

import { html, useState } from "/static/shared/vendor/htm-preact.js";
import { Fields, bodyOf, formOf, inWords } from "/static/shared/person-form.js";
import { More, moreBody, moreOf } from "/static/shared/person-more.js";
import { Ltr, Name } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Finder } from "../parts/finding.js";
import { FormDialog, Sending, Why, useAct, useForm } from "../parts/forms.js";

const CONFIRM = "confirm";
const MERGE = "merge";

// What may be decided now, in the order of the buttons.
function actsOf(person, me) {
  if (!me.decides_records) return [];
  if (person.merged_into) return ["unmerge"];
  return person.voided ? ["unvoid"] : [MERGE, "void"];
}

const former = (person) => person.links.filter((link) => link.type === "replaces");

export function Decisions({ person, version, now, me, again }) {
  // What is being decided, and about which record: this one, or one that was merged into it.
  const [open, setOpen] = useState(null);
  const [saved, setSaved] = useState("");
  const close = () => setOpen(null);
  const begin = (act, record = person) => {
    setSaved("");
    setOpen({ act, record });
  };
  const done = async () => {
    close();
    setSaved(t("form-saved"));
    await again();
  };
  const confirming =
    person.identity === "unconfirmed" &&
    !person.merged_into &&
    !person.voided &&
    me.rights.includes("register");
  return html`
    <${Former} of=${person} me=${me} begin=${begin} />
    <p class="saved" role="status">${saved}</p>
    ${
      open?.act === CONFIRM
        ? html`<${Confirm} ...${{ person, version, now, done, close }} />`
        : open?.act === MERGE
          ? html`<${MergeWith} of=${person} close=${close} />`
          : html`<div class="row">
              ${
                confirming &&
                html`<button class="button" onClick=${() => begin(CONFIRM)}>
                  ${t("decide-confirm")}
                </button>`
              }
              ${actsOf(person, me).map(
                (act) => html`<button key=${act} class="button" onClick=${() => begin(act)}>
                  ${t(`decide-${act}`)}
                </button>`,
              )}
            </div>`
    }
    ${
      open &&
      ![CONFIRM, MERGE].includes(open.act) &&
      html`<${Decide} ...${{ ...open, keeps: former(person).length > 0, done, close }} />`
    }`;
}

// The records that were merged into this one.
function Former({ of: person, me, begin }) {
  const links = former(person);
  if (links.length === 0) return null;
  return html`<section class="stack" aria-labelledby="former">
    <h2 id="former">${t("people-former")}</h2>
    <ul class="entries">
      ${links.map(
        (link) => html`<li key=${link.record_id} class="row">
          <a class="back" href=${`#/people/${link.id ?? link.record_id}`}>
            <${Ltr} class="mrn" of=${link.mrn ?? "–"} />
          </a>
          ${
            me.decides_records &&
            link.id !== null &&
            html`<button
              class="button"
              aria-label=${t("decide-unmerge-of", { mrn: link.mrn ?? "" })}
              onClick=${() => begin("unmerge", link)}
            >${t("decide-unmerge")}</button>`
          }
        </li>`,
      )}
    </ul>
  </section>`;
}

// A decision about one record, with what it will do; `keeps` is whether others rely on it.
function Decide({ act, record, keeps, done, close }) {
  const form = useForm({ why: "" });
  const why = form.values.why.trim();
  const impossible = act === "void" && keeps;
  const send = () => ask("POST", `/api/patients/${record.id}/${act}/`, { why });
  return html`<${FormDialog}
    title=${t(`decide-${act}`)}
    class="wide"
    form=${form}
    send=${send}
    done=${done}
    close=${close}
    label=${t("conflict-do")}
    ready=${why && !impossible}
  >
    <p>
      <${Ltr} class="mrn" of=${record.mrn ?? "–"} />
      ${record.full_name && html`${" "}<${Name} of=${record.full_name} />`}
    </p>
    ${
      impossible
        ? html`<p class="fault">${t("decide-void-not")}</p>`
        : html`<p>${t(`decide-${act}-what`)}</p>`
    }
    <${Why} form=${form} />
  <//>`;
}

// With whom: found as a clerk types, and looked at side by side before anything is done.
const MergeWith = ({ of: person, close }) => html`<section class="stack" aria-labelledby="merge-with">
  <h2 id="merge-with">${t("decide-merge")}</h2>
  <p class="quiet">${t("decide-merge-what")}</p>
  <${Finder}
    id="merge-find"
    label=${t("decide-merge-find")}
    except=${person.id}
    href=${(other) => `#/people/${person.id}-${other.id}`}
  />
  <p><button class="button plain" onClick=${close}>${t("page-cancel")}</button></p>
</section>`;

// Who somebody turns out to be.
function Confirm({ person, version, now, done, close }) {
  const fields = now.fields;
  const [before] = useState(() => ({ ...formOf(person), ...moreOf(fields, person) }));
  const [form, setForm] = useState(before);
  const act = useAct();
  const faults = inWords(act.faults);
  const change = (name, value) => setForm((was) => ({ ...was, [name]: value }));
  const send = async () => {
    const body = { ...bodyOf(form, before), ...moreBody(fields, form, before), identity: "confirmed" };
    const headers = { "If-Match": version };
    await ask("PATCH", `/api/patients/${person.id}/`, body, { headers });
  };
  return html`<${Sending}
    form=${act}
    send=${send}
    done=${done}
    close=${close}
    label=${t("decide-confirm-save")}
  >
    <h2>${t("decide-confirm")}</h2>
    <p class="quiet">${t("decide-confirm-what")}</p>
    <${Fields} ...${{ form, change, faults, required: now.required, today: now.today }} />
    <${More} ...${{ fields, form, change, faults }} />
  <//>`;
}
