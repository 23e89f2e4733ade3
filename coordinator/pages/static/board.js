// The administrator's dashboard: who is signed in, what is open, what the coordinator says live.

import { html, render, useEffect, useState } from "/static/shared/vendor/htm-preact.js";
import { later } from "/static/shared/later.js";
import { follow } from "/static/shared/live.js";
import { Languages, Name, Notice, go, usePlace } from "/static/shared/parts.js";
import { clockAhead, get } from "/static/shared/calls.js";
import { keepZone, language, moment, speak, t } from "/static/shared/texts.js";
import { ask, watchSession } from "./parts/asking.js";
import { GROUPS, PAGES } from "./pages.js";
import { SignIn, signOut } from "./clinic/sign-in.js";

const FirstUser = later(() => import("./clinic/guide.js"), "FirstUser");

const START = "overview";

// A page, and what it shows.
const place = (at = "", key = "") => ({
  at: PAGES.some((page) => page.at === at) ? at : START,
  key,
});

const maySee = (me, page) => !page.may || page.may(me);

function Links({ me, at, now, close }) {
  return html`<nav id="links" aria-label=${t("nav-label")}>
    ${GROUPS.map((group) => {
      const pages = PAGES.filter((page) => page.group === group && maySee(me, page));
      return (
        pages.length > 0 &&
        html`<section key=${group}>
          <h2 class="unseen">${t(`nav-group-${group}`)}</h2>
          <ul>
            ${pages.map((page) => {
              const count = now && page.count ? page.count(now) : 0;
              return html`<li key=${page.at}>
                <a
                  href=${`#/${page.at}`}
                  aria-current=${page.at === at ? "page" : undefined}
                  onClick=${close}
                >
                  ${t(`nav-${page.at}`)}
                  ${count > 0 && html`<span class="count">${count}</span>`}
                </a>
              </li>`;
            })}
          </ul>
        </section>`
      );
    })}
  </nav>`;
}

function Board() {
  // Who is signed in: undefined until that is known, null if nobody is.
  const [me, setMe] = useState(undefined);
  // Whether nobody could sign in, because there is no user yet.
  const [first, setFirst] = useState(false);
  const [why, setWhy] = useState("");
  // What the coordinator said last; `silent` while it does not answer.
  const [now, setNow] = useState(undefined);
  const [silent, setSilent] = useState(false);
  const at = usePlace(place);
  const [open, setOpen] = useState(false);
  const [spoken, setSpoken] = useState(language().code);

  const out = (reason) => {
    setMe((before) => {
      if (before) setWhy(reason);
      return null;
    });
    setNow(undefined);
  };
  useEffect(() => {
    watchSession(() => out("ended"));
    get("/api/whoami/").then(setMe, async () => {
      setFirst((await get("/api/setup/").catch(() => ({ needed: false }))).needed);
      setMe(null);
    });
  }, []);
  const rights = me?.rights.join(" ");
  useEffect(() => {
    if (!me || !me.rights.includes("read")) return undefined;
    const path = me.rights.includes("administer") ? "/live/board/" : "/live/";
    const tell = (told) => {
      setSilent(told === null);
      if (!told) {
        // It may be that it answers, but not to this session any more.
        ask("GET", "/api/whoami/").catch(() => {});
        return;
      }
      keepZone(told.zone);
      setNow(told);
    };
    return follow(tell, { path, over: () => out("ended") });
  }, [me?.name, rights]);
  const found = PAGES.find((page) => page.at === at.at);
  const page = me && !maySee(me, found) ? PAGES[0] : found;
  const facility = now?.facility || "mrnmesh";
  useEffect(() => {
    const outside = first ? t("first-title") : t("sign-in-title");
    const view = me ? t(`nav-${page.at}`) : outside;
    document.title = t("board-title", { view, facility });
  }, [facility, spoken, page.at, me, first]);

  const change = async (code) => {
    await speak(code);
    setSpoken(code);
  };
  const leave = async () => {
    await signOut().catch(() => {});
    out("");
    go("#/");
  };
  const signedIn = (who) => {
    setWhy("");
    setFirst(false);
    setMe(who);
  };
  const View = at.key && page.one ? page.one : page.View;
  return html`
    <a class="skip" href="#content" onClick=${skip}>${t("board-skip")}</a>
    <header class="top">
      <p class="brand">
        <img src="/static/shared/mark.svg" alt="" width="32" height="32" />
        <${Name} of=${facility} />
      </p>
      ${
        me &&
        html`<button
          class="button menu"
          aria-expanded=${open ? "true" : "false"}
          aria-controls="links"
          onClick=${() => setOpen(!open)}
        >
          ${t("nav-menu")}
        </button>`
      }
      <div class="who">
        ${
          me &&
          html`<a class="button plain" href="#/me" aria-label=${t("me-link", { name: me.name })}>
            <${Name} of=${me.name} />
          </a>
          <button class="button plain" onClick=${leave}>${t("sign-out")}</button>`
        }
        <${Languages} change=${change} />
      </div>
    </header>
    <div class=${`frame ${me ? "" : "alone"} ${open ? "open" : ""}`}>
      ${me && html`<${Links} me=${me} at=${page.at} now=${now} close=${() => setOpen(false)} />`}
      <main id="content" tabindex="-1">
        ${me !== undefined && html`<${BrowserClock} />`}
        ${me === null && first && html`<${FirstUser} secret=${secret} signedIn=${signedIn} />`}
        ${me === null && !first && html`<${SignIn} why=${why} signedIn=${signedIn} />`}
        ${
          me &&
          silent &&
          html`<${Notice} kind="bad" role="alert">${t("page-unreachable")}<//>`
        }
        ${
          me &&
          now !== undefined &&
          html`<${View} key=${`${page.at}/${at.key}`} id=${at.key} now=${now} me=${me} />`
        }
      </main>
    </div>
  `;
}

const CLOCK_MS_MAX = 600_000;

// A browser whose clock is wrong refuses certificates, and shows wrong times.
function BrowserClock() {
  if (Math.abs(clockAhead()) < CLOCK_MS_MAX) return null;
  const here = Date.now();
  const times = { here: moment(here), there: moment(here - clockAhead()) };
  return html`<${Notice} kind="warn" role="alert">${t("browser-clock", times)}<//>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

// The address that `init` prints has the secret of the first start; it is not kept among those that
// were visited.
const [, secret = ""] = location.hash.match(/^#\/setup\/([\w-]+)$/) ?? [];
if (secret) history.replaceState(null, "", "#/");

await speak();
render(html`<${Board} />`, document.getElementById("page"));
