// Finding people while somebody types, as a clerk does at a desk.

import { html, useEffect, useLayoutEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { About, Ltr, Name, SetAside, Status, Unconfirmed, go } from "/static/shared/parts.js";
import { t } from "/static/shared/texts.js";
import { asQuery, bestFirst } from "/static/shared/typed.js";
import { ask, inWords } from "./asking.js";

const SHOWN_MAX = 10;
// One letter fits too many to be worth a look at all of them.
const LENGTH_MIN = 2;
const NOBODY = { text: "", people: [], count: 0, behind: 0, fault: "" };

// Who fits a text; the answer names the text, because more is typed meanwhile.
async function search(text, signal) {
  const query = asQuery(text);
  const path = `/api/patients/?page_size=${SHOWN_MAX}&query=${encodeURIComponent(query)}`;
  try {
    const found = await ask("GET", path, undefined, { signal });
    const people = bestFirst(found.results, text);
    return { ...NOBODY, text, people, count: found.count, behind: found.not_searched ?? 0 };
  } catch (error) {
    if (error.name === "AbortError") return null;
    const fault = error.code === "mistyped_number" ? t("find-mistyped") : inWords(error);
    return { ...NOBODY, text, fault };
  }
}

// A field and who fits what stands in it. `href` says where a person leads to; nobody is shown whose
// id is `except`. `children` stand there until somebody types.
export function Finder({ id, label, href, except, children }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState(NOBODY);
  const field = useRef();
  const asked = useRef({ stop: null, done: Promise.resolve(NOBODY) });
  useLayoutEffect(() => field.current.focus(), []);
  // What was asked for last is of no use any more when its view has gone.
  useEffect(() => () => asked.current.stop?.abort(), []);
  const enough = asQuery(text).length >= LENGTH_MIN;
  const look = (wanted) => {
    asked.current.stop?.abort();
    if (asQuery(wanted).length < LENGTH_MIN) {
      asked.current = { stop: null, done: Promise.resolve(NOBODY) };
      return;
    }
    const stop = new AbortController();
    const done = search(wanted, stop.signal).then((answer) => {
      if (answer) setFound(answer);
      return answer;
    });
    asked.current = { stop, done };
  };
  const others = (people) => people.filter((person) => person.id !== except);
  const typed = (event) => {
    setText(event.target.value);
    look(event.target.value);
  };
  const keyed = async (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    // Whoever types fast presses Enter before anybody has answered.
    const answer = await asked.current.done;
    const [first] = others(answer?.people ?? []);
    if (first) go(href(first));
  };
  const shown = enough ? others(found.people) : [];
  const is = found.text === text;
  const more = found.count - found.people.length;
  return html`<div class="stack">
    <div class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        class="input name"
        ref=${field}
        dir=${text ? "auto" : undefined}
        autocomplete="off"
        spellcheck=${false}
        value=${text}
        aria-describedby=${`${id}-hint`}
        onInput=${typed}
        onKeyDown=${keyed}
      />
      <p class="hint" id=${`${id}-hint`}>${t("find-how")}</p>
    </div>
    <p class="fault" role="alert">${enough && is && found.fault}</p>
    <p class="quiet" role="status">
      ${enough && is && !found.fault && shown.length === 0 && t("find-nobody")}
    </p>
    <ul class="found" aria-label=${t("find-results")}>
      ${shown.map(
        (person) => html`<li key=${person.id}><${Line} of=${person} href=${href(person)} /></li>`,
      )}
    </ul>
    ${enough && is && more > 0 && html`<p class="hint">${t("find-more", { count: more })}</p>`}
    ${
      enough &&
      is &&
      found.behind > 0 &&
      html`<p class="hint">${t("find-behind", { count: found.behind })}</p>`
    }
    ${!enough && children}
  </div>`;
}

// A person in a list.
export const Line = ({ of: person, href }) => html`<a class="person" href=${href}>
  <span class="main"><${Name} of=${person.full_name ?? "–"} /><${About} of=${person} /></span>
  <${Unconfirmed} of=${person} />
  <${SetAside} of=${person} />
  ${person.mrn_status === "rejected" && html`<${Status} of="rejected" />`}
  <${Ltr} class="mrn" of=${person.mrn ?? "–"} />
</a>`;
