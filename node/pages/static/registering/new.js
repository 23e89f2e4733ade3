// A new person: the form, who looks alike beside it, and one key for as long as it is open, so that
// nothing is registered twice.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, callAgain, faultsOf } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { Beside } from "./beside.js";
import { draftsOf, dropDraft, keepDraft } from "./drafts.js";
import { EMPTY, Fields, bodyOf, faultsOf as seen, focusFault, inWords } from "/static/shared/person-form.js";
import { Ltr, Notice, Title, go } from "../parts.js";
import { cnic, fieldOf, phone } from "/static/shared/typed.js";
import { More, moreBody, moreOf } from "/static/shared/person-more.js";
import { Mark, NO_MARK, markBody, marked, motherOf } from "../records/unknown.js";

const NO_PAPER = { paper: "", written: "" };
const KEEP_MS = 800;
const ONE_EACH = { cnic, phone, full_name: (text) => text };
// Code of a refusal -> the text for it.
const REFUSALS = {
  busy: "refused-busy",
  changed_meanwhile: "refused-changed_meanwhile",
  key_reused: "refused-key_reused",
  mrn_conflict: "refused-mrn_conflict",
  no_range: "refused-no_numbers",
  range_exhausted: "refused-no_numbers",
  too_few_numbers: "refused-too_few_numbers",
};
const SERVER_FAULT = 500;

// The form with what was typed to find the person in its place, or that of a newborn of a mother.
function startOf(typed, mother, paper, today) {
  const blank = { ...EMPTY, ...NO_MARK, ...NO_PAPER };
  if (paper) return { ...blank, paper };
  if (mother) return marked({ ...blank, mother }, "newborn", today);
  const field = fieldOf(typed);
  return field in ONE_EACH ? { ...blank, [field]: ONE_EACH[field](typed.trim()) } : blank;
}

// What a clerk is told of a refusal.
export function refusalOf(error) {
  if (!(error instanceof Refused)) return t("new-again");
  if (error.code in REFUSALS) return t(REFUSALS[error.code]);
  if (error.status >= SERVER_FAULT) return t("refused-unwritable");
  return t("refused-other", { detail: error.message });
}

export function NewPerson({ id: key, more: of, paper, now, clerk, typed, setTyped, setRegistered }) {
  const [form, setForm] = useState(() => startOf(typed, of, paper, now?.today ?? ""));
  const [others, setOthers] = useState([]);
  const [faults, setFaults] = useState({});
  const [refusal, setRefusal] = useState("");
  const [sending, setSending] = useState(false);
  // A form whose answer was lost may have registered somebody, as it was: it is not changed until it
  // is answered.
  const [unanswered, setUnanswered] = useState(false);
  const busy = useRef(false);
  const kept = useRef("{}");
  const timer = useRef(0);
  // The field that gets the cursor next.
  const asked = useRef("");
  const fields = now?.fields ?? [];
  const required = form.mark ? [] : (now?.required ?? []);

  const draft = (sent) => ({ key, operator: clerk, sent, fields: filled(form, others) });

  const register = async (filledForm, before) => {
    // Two clicks come before the page has drawn anything: the second must see this at once.
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    setRefusal("");
    try {
      if (!before) {
        clearTimeout(timer.current);
        kept.current = JSON.stringify(filled(form, others));
        await keepDraft(draft(true)).catch(() => {});
      }
      const mother = await motherOf(filledForm);
      if (mother === null) {
        busy.current = false;
        setSending(false);
        setFaults({ mother: t("newborn-no-mother") });
        document.getElementById("field-mother").focus();
        return;
      }
      const body = {
        ...bodyOf(filledForm),
        ...moreBody(fields, filledForm),
        ...markBody(filledForm, mother),
        ...paperBody(filledForm),
        ...(clerk && { operator: clerk }),
      };
      const { answer } = await callAgain("POST", "/api/patients/", body, {
        headers: { "Idempotency-Key": key },
      });
      await dropDraft(key).catch(() => {});
      setTyped("");
      setRegistered({ person: answer, again: before, others, mother: mother?.mrn });
      go(filledForm.paper ? "#/sheet" : "#/");
    } catch (error) {
      busy.current = false;
      setSending(false);
      const wrong = error instanceof Refused ? inWords(faultsOf(error)) : {};
      setFaults(wrong);
      if (Object.keys(wrong).length) focusFault(wrong);
      else setRefusal(refusalOf(error));
      const answered = error instanceof Refused && error.status < SERVER_FAULT;
      setUnanswered(!answered);
      if (answered) await keepDraft(draft(false)).catch(() => {});
    }
  };

  // A form that is reloaded goes on as it was. One that was sent may have been registered, so it is
  // sent again: its key lets the desk's program answer as before.
  useEffect(() => {
    draftsOf(clerk).then(
      (drafts) => {
        const found = drafts.find((one) => one.key === key);
        if (!found) return;
        const { others: not = "", ...begun } = found.fields;
        const filledForm = { ...EMPTY, ...NO_MARK, ...NO_PAPER, ...moreOf(fields), ...begun };
        setForm(filledForm);
        setOthers(not.split(" ").filter(Boolean).map(Number));
        if (found.sent) register(filledForm, true);
      },
      () => {},
    );
  }, []);
  // Before it is drawn, so that no letter is typed into nothing.
  useLayoutEffect(() => document.getElementById("field-full_name").focus(), []);

  useEffect(() => {
    const text = JSON.stringify(filled(form, others));
    if (busy.current || text === kept.current) return undefined;
    timer.current = setTimeout(() => {
      kept.current = text;
      keepDraft(draft(false)).catch(() => {});
    }, KEEP_MS);
    return () => clearTimeout(timer.current);
  }, [form, others]);

  const change = (name, value) => {
    setForm((before) => ({ ...before, [name]: value }));
    setFaults(({ [name]: _, ...rest }) => rest);
  };
  const sent = (event) => {
    event.preventDefault();
    const wrong = seen(form, form.paper ? [...required, "written"] : required);
    setFaults(wrong);
    if (Object.keys(wrong).length) focusFault(wrong);
    else register(form, false);
  };
  const mark = (name) => {
    const next = marked(form, name, now?.today ?? "");
    setForm(next);
    setFaults({});
    // What is asked next: of somebody unknown hardly more than the sex can be seen.
    asked.current = { "": "full_name", unknown: "sex", newborn: "mother" }[next.mark];
  };
  // With the fields that it is one of, so that the next key is for it.
  useLayoutEffect(() => {
    if (!asked.current) return;
    const field = document.getElementById(`field-${asked.current}`);
    (asked.current === "sex" ? field.querySelector("input") : field).focus();
    asked.current = "";
  }, [form]);
  // Nobody is registered with this form.
  const give = () => {
    clearTimeout(timer.current);
    dropDraft(key).catch(() => {});
    setTyped("");
  };
  const back = () => {
    give();
    go("#/");
  };
  const many = Object.keys(faults).length;
  return html`<div class="beside">
    <form class="card stack" onSubmit=${sent} novalidate>
      <${Title}>${t("new-title")}<//>
      ${
        form.paper && html`<${OnPaper} ...${{ form, change, faults, frozen: unanswered }} />`
      }
      <${Mark} ...${{ form, change, mark, fault: faults.mother, frozen: unanswered }} />
      <${Fields}
        ...${{ form, change, faults, required, today: now?.today ?? "", frozen: unanswered }}
      />
      <${More} ...${{ fields, form, change, faults, frozen: unanswered }} />
      ${many > 0 && html`<p class="fault" role="alert">${t("new-mistakes", { count: many })}</p>`}
      ${refusal && html`<${Notice} kind="bad" role="alert">${refusal}<//>`}
      <div class="row">
        <button class="button first large" type="submit" aria-disabled=${sending}>
          ${sending ? t("new-sending") : t("new-register")}
        </button>
        <button class="button plain" type="button" onClick=${back}>${t("new-cancel")}</button>
      </div>
    </form>
    <${Beside} ...${{ form, others, setOthers, chosen: give }} />
  </div>`;
}

// What the API is sent for somebody who was written on a sheet.
const paperBody = ({ paper, written }) =>
  paper ? { mrn: paper, offline: true, registered_at: written } : {};

// The number on the sheet, and the time that was written beside it.
function OnPaper({ form, change, faults, frozen }) {
  const fault = faults.written ?? faults.registered_at;
  return html`<div class="row apart">
    <p>${t("sheet-number")} <${Ltr} class="mrn great" of=${form.paper} /></p>
    <div class="field">
      <label for="field-written">${t("field-written")}</label>
      <input
        id="field-written"
        class="input ltr-field"
        type="datetime-local"
        dir="ltr"
        value=${form.written}
        onInput=${(event) => change("written", event.target.value)}
        readonly=${frozen}
        aria-required="true"
        aria-invalid=${fault ? "true" : undefined}
        aria-describedby=${fault ? "about-written" : undefined}
      />
      ${fault && html`<p class="fault" id="about-written">${fault}</p>`}
    </div>
  </div>`;
}

// What is kept of a form: the fields that are filled, and who was said to be somebody else.
function filled(form, others) {
  const fields = Object.entries(form).filter(([, text]) => text.trim());
  return Object.fromEntries([...fields, ...(others.length ? [["others", others.join(" ")]] : [])]);
}
