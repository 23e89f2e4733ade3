// One person: who they are, what happened to the record, and correcting it.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, call, faultsOf, get } from "/static/shared/calls.js";
import { Family } from "/static/shared/family.js";
import { t } from "/static/shared/texts.js";
import { Facts, History, shown } from "/static/shared/person-facts.js";
import { Fields, NAMES, bodyOf, focusFault, formOf, inWords } from "/static/shared/person-form.js";
import { More, moreBody, moreOf } from "/static/shared/person-more.js";
import { refusalOf } from "../registering/new.js";
import {
  Ltr,
  Name,
  Notice,
  Status,
  Title,
  Unconfirmed,
  go,
  isBackKey,
  isPrintKey,
  useKey,
  useTurn,
} from "../parts.js";
import { notePrinted, print } from "../printing/printing.js";
import { Requests, Same } from "./same.js";

// A card with a number that is nobody's, or somebody else's, is not to be handed out, nor one for a
// mistake, or for a record for which another one counts.
const canPrint = (person) =>
  Boolean(person?.mrn) &&
  person.mrn_status !== "rejected" &&
  !person.merged_into &&
  !person.voided;

// What a correction is for, when it says who somebody is.
const CONFIRM = "confirm";
// Not a correction: the administrator is asked whether two records are one person.
const SAME = "same";

const YOUNG = 10;
const mayBeMother = (person) =>
  person.sex === "F" && person.mrn && !person.merged_into && (person.age_years ?? YOUNG) >= YOUNG;

export function Person({ id, now, clerk }) {
  const [person, setPerson] = useState(undefined);
  const [version, setVersion] = useState("");
  const [history, setHistory] = useState([]);
  const [correcting, setCorrecting] = useState(false);
  const [saved, setSaved] = useState("");

  const look = useTurn();

  const read = () =>
    look(async () => {
      const path = `/api/patients/${encodeURIComponent(id)}/`;
      const [found, entries] = await Promise.all([call("GET", path), get(`${path}history/`)]);
      setPerson(found.answer);
      setVersion(found.version);
      setHistory(entries.results);
      return found;
    });
  useEffect(() => {
    read().catch((error) => {
      if (error instanceof Refused) setPerson(null);
    });
  }, [id, now?.cursor]);

  const printed = async () => {
    if (!canPrint(person)) return;
    await print([person]);
    await notePrinted([person], now?.terminal);
  };
  useKey(isPrintKey, printed);
  useKey(isBackKey, () => go("#/"));

  if (person === undefined) return html`<p class="quiet">${t("page-loading")}</p>`;
  if (person === null) {
    return html`<div class="stack">
      <${Title}>${t("person-title")}<//><p>${t("person-gone")}</p>
      <p><a href="#/">${t("person-back")}</a></p>
    </div>`;
  }
  const done = (text) => {
    setCorrecting(false);
    setSaved(text);
  };
  return html`<div class="sheet">
    <article class="card stack">
      <header class="row apart">
        <div>
          <${Title}><${Name} of=${person.full_name ?? t("draft-unnamed")} /><//>
          <p class="row">
            <${Ltr} class="mrn great" of=${person.mrn ?? "–"} />
            <${Status} of=${person.mrn_status} /> <${Unconfirmed} of=${person} />
          </p>
          ${
            person.former_mrn &&
            html`<p class="quiet small">${t("person-former", { number: person.former_mrn })}</p>`
          }
        </div>
      </header>
      ${person.mrn_status === "rejected" && html`<${Notice} kind="bad">${t("person-refused")}<//>`}
      ${
        person.merged_into &&
        html`<${Notice} kind="warn">
        <p>${t("person-merged")}</p>
        <p>
          <a class="button" href=${`#/person/${person.merged_into}`}>${t("person-other")}</a>
        </p>
      <//>`
      }
      ${person.voided && html`<${Notice} kind="warn">${t("person-voided")}<//>`}
      <p class="saved" role="status">${saved}</p>
      ${
        correcting === SAME
          ? html`<${Same} ...${{ person, fields: now?.fields, clerk, close: done }} />`
          : correcting
          ? html`<${Correction}
              ...${{ person, version, read, done, now, clerk, confirming: correcting === CONFIRM }}
            />`
          : html`<${Facts} of=${person} fields=${now?.fields} />
            <${Family} of=${person} cursor=${now?.cursor} href=${(one) => `#/person/${one.id}`} />
            <div class="row">
              <button class="button first" onClick=${printed} disabled=${!canPrint(person)}>
                ${t("person-print")} <kbd class="ltr">Ctrl P</kbd>
              </button>
              <button
                class="button"
                onClick=${() => {
                  setSaved("");
                  setCorrecting(true);
                }}
              >
                ${t("person-correct")}
              </button>
              ${
                person.identity === "unconfirmed" &&
                !person.merged_into &&
                html`<button
                  class="button"
                  onClick=${() => {
                    setSaved("");
                    setCorrecting(CONFIRM);
                  }}
                >
                  ${t("person-confirm")}
                </button>`
              }
              ${
                mayBeMother(person) &&
                html`<button
                  class="button"
                  onClick=${() =>
                    go(`#/new/${crypto.randomUUID()}/${encodeURIComponent(person.mrn)}`)}
                >
                  ${t("person-newborn")}
                </button>`
              }
              ${
                !person.merged_into &&
                html`<button
                  class="button plain"
                  onClick=${() => {
                    setSaved("");
                    setCorrecting(SAME);
                  }}
                >
                  ${t("person-same")}
                </button>`
              }
              <a class="button plain" href="#/">${t("person-back")}</a>
            </div>`
      }
      <${Requests} ...${{ person, now }} />
    </article>
    <${History}
      of=${history}
      fields=${now?.fields}
      record=${person.record_id}
      href=${(record) => `#/person/${record}`}
    />
  </div>`;
}

// The field of the API for one of the form.
const fieldOf = (name) => (name === "born" ? "dob" : name);

// Correcting somebody. What is sent is what the clerk has changed, and only if nobody else has
// changed the person since she saw them.
function Correction({ person, version, read, done, now, clerk, confirming }) {
  const fields = now?.fields ?? [];
  const formNow = (of) => ({ ...formOf(of), ...moreOf(fields, of) });
  const [before, setBefore] = useState(() => formNow(person));
  const [seen, setSeen] = useState(version);
  const [form, setForm] = useState(() => formNow(person));
  const [faults, setFaults] = useState({});
  const [refusal, setRefusal] = useState("");
  const [news, setNews] = useState([]);
  const busy = useRef(false);

  // Before it is drawn, so that no letter is typed into nothing.
  useLayoutEffect(() => document.getElementById("field-full_name").focus(), []);

  const change = (name, value) => {
    setForm((was) => ({ ...was, [name]: value }));
    setFaults(({ [name]: _, ...rest }) => rest);
  };
  // What somebody else has changed is taken over into the fields that she has not touched.
  const takeOver = async () => {
    const { answer, version: newest } = await read();
    const fresh = formNow(answer);
    setNews(NAMES.filter((name) => fresh[name] !== before[name]).map((name) => [name, answer]));
    setForm((mine) =>
      Object.fromEntries(
        Object.keys(fresh).map((name) => [
          name,
          mine[name] === before[name] ? fresh[name] : mine[name],
        ]),
      ),
    );
    setBefore(fresh);
    setSeen(newest);
  };
  const sent = async (event) => {
    event.preventDefault();
    if (busy.current) return;
    const body = {
      ...bodyOf(form, before),
      ...moreBody(fields, form, before),
      ...(confirming && { identity: "confirmed" }),
    };
    if (Object.keys(body).length === 0) {
      done(t("person-nothing"));
      return;
    }
    busy.current = true;
    setRefusal("");
    try {
      await call(
        "PATCH",
        `/api/patients/${person.id}/`,
        { ...body, ...(clerk && { operator: clerk }) },
        { headers: { "If-Match": seen } },
      );
      await read();
      done(t("person-saved"));
    } catch (error) {
      busy.current = false;
      if (error instanceof Refused && error.code === "changed_meanwhile") await takeOver();
      const wrong = error instanceof Refused ? inWords(faultsOf(error)) : {};
      setFaults(wrong);
      if (Object.keys(wrong).length) focusFault(wrong);
      else setRefusal(refusalOf(error));
    }
  };
  return html`<form class="stack" onSubmit=${sent} novalidate>
    ${confirming && html`<p class="hint">${t("person-confirm-why")}</p>`}
    <${Fields}
      ...${{ form, change, faults, required: now?.required ?? [], today: now?.today ?? "" }}
    />
    <${More} ...${{ fields, form, change, faults }} />
    ${
      refusal &&
      html`<${Notice} kind="warn" role="alert">
      <p>${refusal}</p>
      ${
        news.length > 0 &&
        html`<p>${t("person-changed")}</p>
      <dl class="facts">
        ${news.map(
          ([name, fresh]) => html`<div key=${name}>
            <dt>${t(`field-${name}`)}</dt>
            <dd>${shown(fieldOf(name), fresh[fieldOf(name)]) ?? t("person-empty")}</dd>
          </div>`,
        )}
      </dl>`
      }
    <//>`
    }
    <div class="row">
      <button class="button first" type="submit">
        ${t(confirming ? "person-confirm-save" : "person-save")}
      </button>
      <button class="button plain" type="button" onClick=${() => done("")}>
        ${t("page-cancel")}
      </button>
    </div>
  </form>`;
}
