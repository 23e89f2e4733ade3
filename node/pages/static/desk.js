// The clerk's page: what is open, who works here, what the desk's program says live.

import { html, render, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { sendAlways } from "/static/shared/calls.js";
import { later } from "/static/shared/later.js";
import { follow } from "/static/shared/live.js";
import { Languages, usePlace } from "/static/shared/parts.js";
import { keepZone, language, speak, t } from "/static/shared/texts.js";
import { Clerk, clerkOf, whoCalls } from "./clerks/clerk.js";
import { Find } from "./registering/find.js";
import { NewPerson } from "./registering/new.js";
import { Person } from "./records/person.js";
import { Standing } from "./standing.js";
import { UnconfirmedList } from "./records/unknown.js";

const labels = () => import("./printing/labels.js");
const paper = () => import("./printing/sheet.js");
const today = () => import("./registering/today.js");

// Address of a view -> the id of its title.
const TITLES = {
  "": "find-title",
  new: "new-title",
  person: "person-title",
  today: "today-title",
  unconfirmed: "unconfirmed-title",
  labels: "labels-title",
  sheet: "sheet-title",
  paper: "new-title",
};
const VIEWS = {
  "": Find,
  new: NewPerson,
  person: Person,
  today: later(today, "Today"),
  unconfirmed: UnconfirmedList,
  labels: later(labels, "Labels"),
  sheet: later(paper, "Sheets"),
  paper: later(paper, "PaperPerson"),
};

// A view, and what it shows.
const place = (view = "", key = "", more = "") => ({ view: view in VIEWS ? view : "", key, more });

function Tab({ view, open, children }) {
  const here = open === view || (view === "" && ["new", "person"].includes(open));
  return html`<a href=${`#/${view}`} aria-current=${here ? "page" : undefined}>${children}</a>`;
}

function Desk() {
  const [now, setNow] = useState(undefined);
  const at = usePlace(place);
  const [clerk, setClerk] = useState(clerkOf());
  const [spoken, setSpoken] = useState(language().code);
  // What was typed to find somebody, for the form of a new person; and who was just registered.
  const [typed, setTyped] = useState("");
  const [registered, setRegistered] = useState(null);

  useEffect(() => {
    follow((told) => {
      if (told) keepZone(told.zone);
      setNow(told);
    });
  }, []);
  const desk = now?.terminal ?? "";
  useEffect(() => {
    document.title = t("desk-title", { desk, view: t(TITLES[at.view]) });
  }, [desk, spoken, at.view]);

  const change = async (code) => {
    await speak(code);
    setSpoken(code);
  };
  const View = VIEWS[at.view];
  const shared = { now, clerk, typed, setTyped, registered, setRegistered };
  return html`
    <p class="unseen" role="status">${registered && said(registered.person)}</p>
    <a class="skip" href="#content" onClick=${skip}>${t("skip")}</a>
    <header class="bar">
      <p class="brand">
        <img src="/static/shared/mark.svg" alt="" width="32" height="32" />
        <bdi class="ltr">${now?.terminal ?? ""}</bdi>
      </p>
      <nav aria-label=${t("nav-label")}>
        <${Tab} view="" open=${at.view}>${t("nav-find")}<//>
        <${Tab} view="today" open=${at.view}>${t("nav-today")}<//>
        <${Tab} view="unconfirmed" open=${at.view}>
          ${t("nav-unconfirmed")}
          ${now?.unconfirmed > 0 && html`<span class="count">${now.unconfirmed}</span>`}
        <//>
        <${Tab} view="labels" open=${at.view}>
          ${t("nav-labels")}
          ${now?.cards > 0 && html`<span class="count">${now.cards}</span>`}
        <//>
      </nav>
      <div class="who">
        <${Clerk}
          ...${{ clerk, clerks: now?.clerks ?? [], typing: now?.typing ?? true, choose: setClerk }}
          online=${now?.numbers === "online"}
        />
        <${Languages} change=${change} />
      </div>
    </header>
    <section class="state" aria-label=${t("standing-label")}><${Standing} now=${now} /></section>
    <main id="content" tabindex="-1">
      ${now !== undefined &&
      html`<${View} key=${`${at.view}/${at.key}`} id=${at.key} more=${at.more} ...${shared} />`}
    </main>
  `;
}

// A screen reader says a number digit by digit when spaces stand between them.
const said = (person) => t("registered-said", { number: [...(person.mrn ?? "")].join(" ") });

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

// Each call says who works here.
sendAlways(whoCalls);
await speak();
render(html`<${Desk} />`, document.getElementById("page"));
