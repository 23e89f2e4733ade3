// What desks ask an administrator to decide about records: done or refused, with a reason.

import { html, useEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused } from "/static/shared/calls.js";
import { Result, useChoice } from "/static/shared/choosing.js";
import { Known, Ltr, Name, Title, useCalm, useGo } from "/static/shared/parts.js";
import { moment, t } from "/static/shared/texts.js";
import { ask } from "../parts/asking.js";
import { Fault, Field, Sending, Why, useForm, useLook } from "../parts/forms.js";
import { Choices, Pager, useList } from "../parts/lists.js";
import { SideBySide } from "../parts/side-by-side.js";

// `asked` grows with each request and each answer, `cursor` with each change of a person.
const newsOf = (now) => `${now.asked} ${now.cursor}`;

export const actOf = (asked) => t(`request-${asked.act.replaceAll("_", "-")}`);

export function Requests({ now }) {
  const [open, setOpen] = useState(true);
  const list = useList(`/api/requests/?open=${open}`, useCalm(newsOf(now)));
  return html`<section class="stack">
    <${Title}>${t("nav-requests")}<//>
    <p class="quiet">${t("requests-why")}</p>
    <${Choices}
      label=${t("requests-which")}
      choices=${[
        [true, t("requests-open")],
        [false, t("requests-all")],
      ]}
      chosen=${open}
      choose=${setOpen}
    />
    <${Fault} of=${list.fault} />
    ${list.all?.length === 0 && html`<p class="quiet">${t("requests-none")}</p>`}
    <ul class="entries">
      ${list.all?.map(
        (asked) => html`<li key=${asked.id} class="card entry">
          <div class="main">
            <strong>${actOf(asked)}</strong>
            <${Who} of=${asked.patient} /><${Who} of=${asked.into} />
            <${From} of=${asked} />
          </div>
          ${asked.state !== "waiting" && html`<${State} of=${asked.state} />`}
          <a
            class="button"
            href=${`#/requests/${asked.id}`}
            aria-label=${t("conflict-look-at", { mrn: asked.patient?.mrn ?? "" })}
          >${t("conflict-look")}</a>
        </li>`,
      )}
    </ul>
    <${Pager} list=${list} />
  </section>`;
}

const Who = ({ of: person }) =>
  person &&
  html`<span>
    <${Name} of=${person.full_name ?? "–"} /> <${Ltr} class="mrn" of=${person.mrn ?? "–"} />
  </span>`;

const CHIPS = { done: "good", refused: "bad" };
const State = ({ of }) =>
  html`<span class=${`chip ${CHIPS[of] ?? ""}`}>${t(`request-state-${of}`)}</span>`;

const From = ({ of: { desk, operator, operator_known: known, at } }) => html`<span class="quiet small">
  <${Ltr} of=${desk} />${operator && html`, <${Name} of=${operator} /> <${Known} of=${known} />`} ·${" "}
  <${Ltr} of=${moment(at)} />
</span>`;

export function Request({ id, now }) {
  const [found, setFound] = useState(null);
  const { fault, look } = useLook();
  const news = useCalm(newsOf(now));
  // What somebody else has answered shows at once. The two records stay as they were looked at, until
  // they are wanted `again`.
  const pair = useRef(null);
  const go = useGo();
  const read = async () => {
    const asked = await ask("GET", `/api/requests/${id}/`);
    const { patient, into } = asked;
    const path = patient && into && `/api/patients/${patient.id}/compare/${into.id}/`;
    if (path) pair.current ??= await ask("GET", path);
    setFound({ asked, pair: pair.current });
  };
  const again = () => {
    pair.current = null;
    return look(read);
  };
  useEffect(() => {
    look(read);
  }, [id, news]);
  if (!found) return html`<${Fault} of=${fault} />`;
  const { asked } = found;
  return html`<section class="stack">
    <p><a class="back" href="#/requests">${t("requests-back")}</a></p>
    <header class="row">
      <${Title}>${actOf(asked)}<//>
      <${State} of=${asked.state} />
    </header>
    <p><bdi>${asked.why}</bdi></p>
    <p><${From} of=${asked} /></p>
    <${Fault} of=${fault} />
    ${
      asked.act === "merge" && found.pair && !asked.answer
        ? html`<${Merge} ...${{ ...found, fields: now.fields, again, go }} />`
        : html`<${Records} ...${found} fields=${now.fields} />
            ${asked.answer ? html`<${Answered} of=${asked.answer} />` : html`<${Answer} ...${{ ...found, again, go }} />`}`
    }
  </section>`;
}

const Answered = ({ of: answer }) => html`<section class="card stack" aria-labelledby="answer">
  <h2 id="answer">${t("request-answered")}</h2>
  <p><bdi>${answer.why}</bdi></p>
  <p class="quiet small">
    <${Name} of=${answer.who} /> <${Known} of=${answer.who_known} />, <${Ltr} of=${moment(answer.at)} />
  </p>
</section>`;

// Whom it is about; of a merge, which values the clerk wants.
function Records({ asked, pair, fields, choice }) {
  const { patient, into, take } = asked;
  const merging = asked.act === "merge";
  return html`<${SideBySide}
    people=${[
      [merging ? t("request-ends") : t("request-one"), patient],
      [merging ? t("request-counts") : t("request-other"), into],
    ]}
    differs=${pair?.differs ?? []}
    taken=${take}
    ...${{ fields, choice }}
  />`;
}

// A merge that waits: the values are those that the clerk wants, until somebody chooses others.
function Merge({ asked, pair, fields, again, go }) {
  const choice = useChoice(pair, asked.into.id, asked.take);
  const decided = pair.two_people;
  return html`
    ${choice.choosable.length > 0 && html`<p class="quiet">${t("request-values")}</p>`}
    <${Records} ...${{ asked, pair, fields, choice }} />
    <${Result} of=${choice.result} fields=${fields} />
    ${decided && html`<p class="fault">${t("pair-two-people")} <bdi>${decided.why}</bdi></p>`}
    <p>
      ${t("request-otherwise")}${" "}
      <a href=${`#/people/${pair.one.id}-${pair.other.id}`}>${t("request-by-hand")}</a>
    </p>
    <${Answer} ...${{ asked, pair, again, go, take: choice.take }} />
  `;
}

function Answer({ asked, pair, again, take, go }) {
  const form = useForm({ act: "carry-out", why: "" });
  const { act, why } = form.values;
  const send = async () => {
    const body = { why: why.trim() };
    if (act === "carry-out") Object.assign(body, pair && { seen: pair.seen }, take && { take });
    try {
      await ask("POST", `/api/requests/${asked.id}/${act}/`, body);
    } catch (error) {
      // Both are shown as they are now.
      if (error instanceof Refused && error.code === "seen_otherwise") await again();
      throw error;
    }
  };
  return html`<${Sending}
    class="card decide"
    form=${form}
    send=${send}
    done=${() => go("#/requests")}
    label=${t("conflict-do")}
    ready=${why.trim()}
  >
    <h2>${t("conflict-decide")}</h2>
    <${Field} id="act" label=${t("conflict-what")} ...${form.field("act")}>
      <option value="carry-out">${t("request-carry-out")}</option>
      <option value="refuse">${t("request-refuse")}</option>
    <//>
    <p class="small quiet">${t(`request-${act}-what`)}</p>
    <${Why} form=${form} />
  <//>`;
}
