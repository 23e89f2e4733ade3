// Who works here: a name, and whether its PIN was typed.

import { html, useEffect, useRef, useState } from "/static/shared/vendor/htm-preact.js";
import { get } from "/static/shared/calls.js";
import { later } from "/static/shared/later.js";
import { t } from "/static/shared/texts.js";
import { Known, Name } from "../parts.js";

const KEPT = "mrnmesh-clerk";
const LOOK_MS = 20_000;
const UNATTENDED_MS = 60_000;

const Choosing = later(() => import("./choosing.js"), "Choosing");

export const clerkOf = () => localStorage.getItem(KEPT) ?? "";

let touched = Date.now();
for (const kind of ["keydown", "pointerdown"]) {
  window.addEventListener(kind, () => (touched = Date.now()), true);
}

// What each call says: who works here, and that nobody has touched the page for a while.
export const whoCalls = () => ({
  ...(clerkOf() && { Clerk: encodeURIComponent(clerkOf()) }),
  ...(Date.now() - touched > UNATTENDED_MS && { Unattended: "?1" }),
});

export function Clerk({ clerk, clerks, typing, online, choose }) {
  const dialog = useRef();
  const [open, setOpen] = useState(false);
  const [known, setKnown] = useState(null);
  const look = () => get("/api/sitting/").then((now) => setKnown(now.known), () => {});
  // A PIN counts no more when nobody has done anything for some time.
  useEffect(() => {
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [clerk]);
  const be = (who) => {
    localStorage.setItem(KEPT, who);
    choose(who);
    dialog.current.close();
    look();
  };
  const show = () => {
    setOpen(true);
    dialog.current.showModal();
  };
  const own = clerks.find((one) => one.name === clerk);
  const wanted = own?.pin === "ready" && known !== null && known !== "pin";
  return html`
    <button class="button plain" onClick=${show}>
      <span class="unseen">${t("clerk-label")}</span>
      ${clerk ? html`<${Name} of=${clerk} />` : t("clerk-none")}
      ${known === "pin" && html`<${Known} of=${known} />`}
      ${wanted && html`<span class="known wanted">${t("clerk-pin-wanted")}</span>`}
    </button>
    <dialog ref=${dialog} aria-labelledby="clerk-title" onClose=${() => setOpen(false)}>
      ${
        open &&
        html`<${Choosing}
        ...${{ clerk, clerks, typing, online, be, asked: wanted ? clerk : "" }}
        close=${() => dialog.current.close()}
      />`
      }
    </dialog>
  `;
}
