// Small pieces that the pages of both daemons are made of.

import { language, languages, t } from "./texts.js";
import { inTurn } from "./calls.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";

export const go = (hash) => {
  location.hash = hash;
};

// `go` for what a view waits for: once somebody has left the view, it leads nowhere any more.
export function useGo() {
  const left = useRef(false);
  useEffect(() => () => {
    left.current = true;
  }, []);
  return (hash) => left.current || go(hash);
}

// What the address names, which `read` makes of the parts behind its `#`. Each new view begins at its
// top, however far down the one before was read.
export function usePlace(read) {
  const place = () => read(...location.hash.replace(/^#\/?/, "").split("/").map(decoded));
  const [at, setAt] = useState(place);
  useLayoutEffect(() => {
    const moved = () => {
      window.scrollTo(0, 0);
      setAt(place());
    };
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, []);
  return at;
}

// A number may have any sign in it; what is no address of a page's making names nobody.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export const isNastaliq = (text) => /[\u0600-\u06ff]/.test(text ?? "");

// A name in its own letters and direction.
export const Name = ({ of, class: more = "" }) =>
  html`<bdi class=${`name ${isNastaliq(of) ? "nastaliq" : ""} ${more}`}>${of}</bdi>`;

// How the name of whoever did something is known; of what was done before nobody can say.
export const Known = ({ of }) =>
  of &&
  html`<span class="known"><span class="unseen">${t("known")} </span>${t(`known-${of}`)}</span>`;

// A number, a telephone or a day: read from left to right in every language.
export const Ltr = ({ of, class: more = "" }) => html`<bdi class=${`ltr ${more}`}>${of}</bdi>`;

// A heading that gets the focus when its view opens, so that a screen reader reads the new view.
export function Title({ children }) {
  const heading = useRef();
  useLayoutEffect(() => heading.current.focus({ preventScroll: true }), []);
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

// How old somebody is.
export function age(person) {
  if (person.age_years === null) return "";
  let text;
  if (person.age_years >= 2) text = t("age-years", { count: person.age_years });
  else if (person.age_years || person.age_months) {
    text = t("age-months", { count: 12 * person.age_years + person.age_months });
  } else text = t("age-days", { count: person.age_days });
  return person.dob_estimated ? t("age-about", { age: text }) : text;
}

const CHIPS = { admitted: "good", rejected: "bad" };

// How the number of a person stands.
export const Status = ({ of }) =>
  html`<span class=${`chip ${CHIPS[of] ?? ""}`}>${t(`person-status-${of}`)}</span>`;

// Age, sex and father of a person, in one line.
export function About({ of: person }) {
  const facts = [person.sex ? t(`sex-${person.sex}`) : "", age(person)].filter(Boolean);
  return html`<span class="about">
    ${person.father_name && html`<${Name} of=${person.father_name} />`}
    ${facts.map((one) => html`<span key=${one}>${one}</span>`)}
  </span>`;
}

// A record that counts for nobody: a mistake, or one for which another one counts.
export const SetAside = ({ of: person }) => [
  person.voided && html`<span key="void" class="chip bad">${t("person-void")}</span>`,
  person.merged_into && html`<span key="former" class="chip">${t("person-former-record")}</span>`,
];

// A person of whom nobody has confirmed yet who it is.
export const Unconfirmed = ({ of: person }) =>
  person.identity === "unconfirmed" && html`<span class="chip bad">${t("unconfirmed")}</span>`;

// What a view asks in turn, see `inTurn`.
export const useTurn = () => useMemo(() => inTurn(), []);

const CALM_MS = 3000;

// A value that changes often, told at most every three seconds: what costs the desk's program a look
// at all people is not asked for with each of thousands that a sync brings.
export function useCalm(value) {
  const [calm, setCalm] = useState(value);
  const next = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, next.current - Date.now());
    const timer = setTimeout(() => {
      next.current = Date.now() + CALM_MS;
      setCalm(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value]);
  return calm;
}

export const Notice = ({ kind = "", role, children }) =>
  html`<div class=${`notice ${kind}`} role=${role}>${children}</div>`;

// The other languages that the page speaks; `change` is called with the code of the chosen one.
export function Languages({ change }) {
  const other = languages.filter((one) => one.code !== language().code);
  return html`<span role="group" aria-label=${t("page-language")}>
    ${other.map(
      (one) =>
        html`<button
          key=${one.code}
          class="button plain"
          lang=${one.code}
          onClick=${() => change(one.code)}
        >
          ${one.name}
        </button>`,
    )}
  </span>`;
}
