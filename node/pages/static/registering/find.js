// Finding somebody while a clerk types, and the way on to a new person.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { Refused, get } from "/static/shared/calls.js";
import { t } from "/static/shared/texts.js";
import { Drafts } from "./drafts.js";
import { About, Ltr, Name, SetAside, Status, Unconfirmed, go, useCalm, useTurn } from "../parts.js";
import { Registered } from "./registered.js";
import { asQuery, bestFirst, fieldOf } from "/static/shared/typed.js";

const SHOWN_MAX = 8;
const FRESH = "fresh";
// One letter fits too many to be worth a look at all of them.
const LENGTH_MIN = 2;
const enough = (text) => asQuery(text).length >= LENGTH_MIN;
const MISTYPED = "find-mistyped";
const NOBODY = { text: "", people: [], count: 0, behind: 0 };

// Who fits a text; the answer names the text, because a clerk types on meanwhile.
async function search(text, signal) {
  if (!enough(text)) return { ...NOBODY, text };
  const query = asQuery(text);
  const path = `/api/patients/?page_size=${SHOWN_MAX}&query=${encodeURIComponent(query)}`;
  const found = await get(path, { signal });
  return { text, people: found.results, count: found.count, behind: found.not_searched ?? 0 };
}

export function Find({ now, clerk, setTyped, registered, setRegistered }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState(NOBODY);
  // The id of the person that is marked, or FRESH; null marks the first line.
  const [marked, setMarked] = useState(null);
  // The key of the text that says what went wrong.
  const [failed, setFailed] = useState("");
  const field = useRef();
  const latest = useRef({ text: "", done: Promise.resolve([]) });

  // Before anything is drawn: a scanner does not look whether the field is ready.
  useLayoutEffect(() => field.current.focus(), []);

  const look = (wanted) => {
    latest.current.stop?.abort();
    const stop = new AbortController();
    const done = search(wanted, stop.signal).then(
      (answer) => {
        const people = bestFirst(answer.people, wanted);
        setFound({ ...answer, people });
        setFailed("");
        return people;
      },
      (error) => {
        if (error instanceof Refused && error.code === "mistyped_number") {
          // Nobody whom an earlier text has found may be taken for whoever has this number.
          setFound({ ...NOBODY, text: wanted });
          setFailed(MISTYPED);
        } else if (error.name !== "AbortError") setFailed("page-unreachable");
        return null;
      },
    );
    latest.current = { text: wanted, stop, done };
  };
  // Somebody who was registered elsewhere meanwhile is found too. On a busy day news come faster than
  // an old computer answers, so the question that is still open is not given up for them.
  useEffect(() => {
    const asked = latest.current;
    if (!enough(asked.text)) return;
    asked.done.then(() => asked === latest.current && look(asked.text));
  }, [now?.cursor]);

  const lines = [...found.people.map((person) => person.id), FRESH];
  const active = Math.max(0, lines.indexOf(marked));

  const typed = (event) => {
    setMarked(null);
    setText(event.target.value);
    look(event.target.value);
  };
  const fresh = () => {
    setTyped(text);
    setRegistered(null);
    go(`#/new/${crypto.randomUUID()}`);
  };
  const open = (person) => {
    setRegistered(null);
    go(`#/person/${person.id}`);
  };
  const entered = async () => {
    // A scanner sends Enter before anybody has answered for its last digit.
    const asked = latest.current;
    const people = await asked.done;
    if (people === null || asked.text !== latest.current.text) return;
    // What she has marked stays so, even if the answer for her last letter was still to come.
    const chosen = people.find((person) => person.id === marked) ?? people[0];
    if (marked === FRESH || chosen === undefined) fresh();
    else open(chosen);
  };
  const keyed = (event) => {
    if (event.key === "Enter") entered();
    else if (event.key === "ArrowDown") setMarked(lines[(active + 1) % lines.length]);
    else if (event.key === "ArrowUp") setMarked(lines.at(active - 1));
    else if (event.key === "Escape") {
      setText("");
      look("");
    } else return;
    event.preventDefault();
  };
  const shown = enough(text);
  // Whoever has the number that was meant is registered already, so nobody new is offered.
  const mistyped = failed === MISTYPED;
  const more = found.count - found.people.length;
  return html`<section class="find stack">
    ${registered && html`<${Registered} ...${{ registered, now }} />`}
    <h1 class=${registered ? "unseen" : ""}>${t("find-title")}</h1>
    <div class="field search">
      <label for="find" class="unseen">${t("find-field")}</label>
      <input
        id="find"
        class="input name"
        ref=${field}
        role="combobox"
        aria-expanded=${shown ? "true" : "false"}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant=${shown ? `found-${active}` : undefined}
        aria-describedby="find-hint"
        placeholder=${t("find-field")}
        dir=${text ? "auto" : undefined}
        autocomplete="off"
        spellcheck=${false}
        value=${text}
        onInput=${typed}
        onKeyDown=${keyed}
      />
      <p class="hint" id="find-hint">
        ${mistyped ? "" : shown && found.people.length ? t("find-keys") : t("find-hint")}
      </p>
    </div>
    <p class="unseen" role="status">
      ${shown && !failed && (found.people.length ? t("find-count", { count: found.count }) : t("find-nobody"))}
    </p>
    ${failed && html`<p class="fault" role="alert">${t(failed)}</p>`}
    <ul class="found" id="found" role="listbox" aria-label=${t("find-results")} hidden=${!shown || mistyped}>
      ${found.people.map(
        (person, at) =>
          html`<${Option} key=${person.id} at=${at} active=${active} choose=${() => open(person)}>
            <span class="main"><${Name} of=${person.full_name} /><${About} of=${person} /></span>
            <span class="numbers">
              <${Ltr} class="mrn" of=${person.mrn} />
              <${SetAside} of=${person} /><${Unconfirmed} of=${person} />
              ${person.mrn_status === "rejected" && html`<${Status} of="rejected" />`}
              ${person.phone && html`<${Ltr} class="quiet small" of=${person.phone} />`}
            </span>
          <//>`,
      )}
      ${
        shown &&
        html`<${Option} at=${found.people.length} active=${active} choose=${fresh} class="fresh">
        <span class="main">
          <strong>
            ${fieldOf(text) === "number"
              ? t("find-new")
              : t("find-new-with", { text: text.trim() })}
          </strong>
        </span>
      <//>`
      }
    </ul>
    ${shown && more > 0 && html`<p class="hint">${t("find-more", { count: more })}</p>`}
    ${shown &&
    found.behind > 0 &&
    html`<p class="hint">${t("find-behind", { count: found.behind })}</p>`}
    ${!shown && html`<${Drafts} clerk=${clerk} /><${Lately} now=${now} />`}
  </section>`;
}

// What a listbox chooses from; the cursor stays in the field above.
function Option({ at, active, choose, children, class: more = "" }) {
  const line = useRef();
  const here = at === active;
  useEffect(() => {
    if (here) line.current.scrollIntoView({ block: "nearest" });
  }, [here]);
  return html`<li
    id=${`found-${at}`}
    ref=${line}
    class=${`person ${more}`}
    role="option"
    aria-selected=${here ? "true" : "false"}
    onMouseDown=${(event) => event.preventDefault()}
    onClick=${choose}
  >
    ${children}
  </li>`;
}

const LATELY_MAX = 5;

// The last people of today, as a start for whoever comes to the page.
function Lately({ now }) {
  const [page, setPage] = useState(null);
  const look = useTurn();
  const cursor = useCalm(now?.cursor);
  const day = now && `&terminal=${now.terminal}&created_from=${now.today}&created_to=${now.today}`;
  useEffect(() => {
    const path = `/api/patients/?page_size=${LATELY_MAX}${day}`;
    if (day) look(() => get(path).then(setPage, () => {}));
  }, [cursor, day]);
  if (page === null) return null;
  return html`<section class="lately stack">
    <h2>${t("find-today", { count: page.count })}</h2>
    <ul class="found">
      ${page.results.map(
        (person) => html`<li key=${person.id}>
          <a class="person" href=${`#/person/${person.id}`}>
            <span class="main"><${Name} of=${person.full_name} /><${About} of=${person} /></span>
            <${SetAside} of=${person} />
            ${person.mrn_status === "rejected" && html`<${Status} of="rejected" />`}
            <${Ltr} class="mrn" of=${person.mrn} />
          </a>
        </li>`,
      )}
    </ul>
  </section>`;
}
