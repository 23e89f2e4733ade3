// "Same person as ...": a clerk asks the administrator to merge two records, and sees what became of
// it. A desk decides nothing.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, call, get } from "/static/shared/calls.js";
import {
  Pick,
  Shown,
  Stays,
  fieldsOf,
  labelFor,
  rowsThatDiffer,
  useChoice,
} from "/static/shared/choosing.js";
import { moment, t } from "/static/shared/texts.js";
import { refusalOf } from "../registering/new.js";
import { About, Known, Ltr, Name, Notice, useTurn } from "../parts.js";
import { asQuery } from "/static/shared/typed.js";

const SHOWN_MAX = 5;
const CHIPS = { waiting: "", done: "good", refused: "bad" };

export function Same({ person, fields, clerk, close }) {
  const [text, setText] = useState("");
  const [people, setPeople] = useState([]);
  const [pair, setPair] = useState(null);
  const [refusal, setRefusal] = useState("");
  const field = useRef();
  useLayoutEffect(() => field.current.focus(), []);
  useEffect(() => {
    const query = asQuery(text);
    if (query.length < 2) {
      setPeople([]);
      return undefined;
    }
    const stop = new AbortController();
    const path = `/api/patients/?page_size=${SHOWN_MAX}&query=${encodeURIComponent(query)}`;
    get(path, { signal: stop.signal }).then(
      (found) => setPeople(found.results.filter((one) => one.id !== person.id)),
      () => {},
    );
    return () => stop.abort();
  }, [text]);
  const choose = async (other) => {
    setRefusal("");
    try {
      setPair(await get(`/api/patients/${person.id}/compare/${other.id}/`));
    } catch (error) {
      setRefusal(refusalOf(error));
    }
  };
  return html`<section class="stack same" aria-labelledby="same-title">
    <h2 id="same-title">${t("same-title")}</h2>
    <p class="quiet">${t("same-why")}</p>
    <div class="field">
      <label for="same-find">${t("same-find")}</label>
      <input
        id="same-find"
        class="input name"
        ref=${field}
        dir=${text ? "auto" : undefined}
        autocomplete="off"
        spellcheck=${false}
        value=${text}
        onInput=${(event) => {
          setText(event.target.value);
          setPair(null);
        }}
      />
    </div>
    ${refusal && html`<${Notice} kind="bad" role="alert">${refusal}<//>`}
    ${
      pair === null
        ? html`<ul class="found" aria-label=${t("find-results")}>
            ${people.map(
              (one) => html`<li key=${one.id}>
                <button type="button" class="person" onClick=${() => choose(one)}>
                  <span class="main"><${Name} of=${one.full_name ?? "–"} /><${About} of=${one} /></span>
                  <${Ltr} class="mrn" of=${one.mrn ?? "–"} />
                </button>
              </li>`,
            )}
          </ul>`
        : html`<${Pair} ...${{ pair, fields, clerk, close }} again=${() => choose(pair.other)} />`
    }
    ${
      pair === null &&
      html`<p>
        <button type="button" class="button plain" onClick=${() => close("")}>
          ${t("page-cancel")}
        </button>
      </p>`
    }
  </section>`;
}

// Both side by side; which number counts from then on, which values stay, and why they are one.
function Pair({ pair, fields, clerk, close, again }) {
  const both = [pair.one, pair.other];
  const choice = useChoice(pair, Math.min(pair.one.id, pair.other.id));
  const marked = rowsThatDiffer(pair.differs);
  const [why, setWhy] = useState("");
  const [fault, setFault] = useState("");
  const [refusal, setRefusal] = useState("");
  const busy = useRef(false);
  const sent = async (event) => {
    event.preventDefault();
    if (busy.current) return;
    if (!why.trim()) {
      setFault(t("fault-required"));
      document.getElementById("same-reason").focus();
      return;
    }
    busy.current = true;
    setRefusal("");
    const { former, survivor, take } = choice;
    try {
      const asked = { into: survivor.record_id, take, seen: pair.seen, why };
      const body = { ...asked, ...(clerk && { operator: clerk }) };
      await call("POST", `/api/patients/${former.id}/merge/`, body);
      close(t("same-asked"));
    } catch (error) {
      busy.current = false;
      // Somebody has changed one of the two: the clerk looks at them as they are now.
      if (error instanceof Refused && error.code === "seen_otherwise") await again();
      setRefusal(refusalOf(error));
    }
  };
  return html`<form class="stack" onSubmit=${sent} novalidate>
    ${pair.two_people && html`<${Notice} kind="warn">${t("same-two-people")}<//>`}
    <${Stays} choice=${choice} people=${both} />
    ${choice.choosable.length > 0 && html`<p class="quiet small">${t("choose-values")}</p>`}
    <table class="pair">
        <thead>
          <tr>
            <th scope="col"><span class="unseen">${t("same-both")}</span></th>
            ${both.map(
              (one) => html`<th scope="col" key=${one.id}><${Ltr} class="mrn" of=${one.mrn ?? "–"} /></th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${fieldsOf(both).map(
            (field) => html`<tr key=${field} class=${marked.includes(field) ? "differs" : ""}>
              <th scope="row" id=${`row-${field}`}>${labelFor(field, fields)}</th>
              ${both.map(
                (person) => html`<td key=${person.id}>
                  <${Pick} ...${{ choice, person, field }}><${Shown} ...${{ person, field }} /><//>
                </td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
    <div class="field">
      <label for="same-reason">${t("same-reason")}</label>
      <input
        id="same-reason"
        class="input name"
        dir="auto"
        maxlength="1000"
        autocomplete="off"
        value=${why}
        onInput=${(event) => {
          setWhy(event.target.value);
          setFault("");
        }}
        aria-required="true"
        aria-invalid=${fault ? "true" : undefined}
        aria-describedby=${fault ? "about-same-reason" : undefined}
      />
      ${fault && html`<p class="fault" id="about-same-reason">${fault}</p>`}
    </div>
    ${refusal && html`<${Notice} kind="bad" role="alert">${refusal}<//>`}
    <div class="row">
      <button class="button first" type="submit">${t("same-ask")}</button>
      <button class="button plain" type="button" onClick=${() => close("")}>
        ${t("page-cancel")}
      </button>
    </div>
  </form>`;
}

// What desks have asked about a person, and what became of it.
export function Requests({ person, now }) {
  const [requests, setRequests] = useState([]);
  const look = useTurn();
  useEffect(() => {
    look(() =>
      get(`/api/requests/?page_size=${SHOWN_MAX}&patient=${person.id}`).then(
        (page) => setRequests(page.results),
        () => {},
      ),
    );
  }, [person.id, now?.asked]);
  if (requests.length === 0) return null;
  return html`<section class="stack requests" aria-labelledby="requests-title">
    <h2 id="requests-title">${t("requests-title")}</h2>
    <ul class="stack tight">
      ${requests.map(
        (one) => html`<li key=${one.id} class="card stack tight">
          <p class="row apart">
            <strong>${t(`request-${one.act.replaceAll("_", "-")}`)}</strong>
            <span class=${`chip ${CHIPS[one.state]}`}>${t(`request-state-${one.state}`)}</span>
          </p>
          ${[one.patient, one.into]
            .filter((other) => other && other.id !== person.id)
            .map(
              (other) => html`<p key=${other.id}>
                <a href=${`#/person/${other.id}`}>
                  <${Name} of=${other.full_name ?? "–"} /> <${Ltr} class="mrn" of=${other.mrn ?? "–"} />
                </a>
              </p>`,
            )}
          <p><${Name} of=${one.why} /></p>
          <p class="quiet small">
            <${Ltr} of=${moment(one.at)} /> · ${one.operator
              ? t("history-by", { who: one.operator, desk: one.desk })
              : t("history-at", { desk: one.desk })}
            ${" "}<${Known} of=${one.operator_known} />
          </p>
          ${
            one.answer &&
            html`<p class="small">
              ${t("request-answer", { who: one.answer.who })} <${Name} of=${one.answer.why} />
            </p>`
          }
        </li>`,
      )}
    </ul>
  </section>`;
}
