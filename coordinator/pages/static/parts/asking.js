// Calls of the coordinator by whoever is signed in.
//
// A session ends when nobody has used the page for a while. What the page asks by itself, because
// something has changed, keeps no session alive; what somebody does at the page does.

import { Refused, call, sendAlways } from "/static/shared/calls.js";
import { hasText, t } from "/static/shared/texts.js";

const ATTENDED_MS = 60_000;

let touched = Date.now();
let told = Date.now();
let ended = () => {};

sendAlways(() => (Date.now() - touched > ATTENDED_MS ? { Unattended: "1" } : {}));

// Call `over` when the session has ended, and keep it alive while somebody uses the page.
export function watchSession(over) {
  ended = over;
  const used = () => {
    touched = Date.now();
    if (touched - told < ATTENDED_MS) return;
    told = touched;
    ask("GET", "/api/whoami/").catch(() => {});
  };
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, used, true);
}

// The answer of a call.
// Throws Refused for an error, and TypeError if no answer came.
export async function ask(method, path, body, options) {
  try {
    return (await call(method, path, body, options)).answer;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) ended();
    throw error;
  }
}

// What went wrong with a call, as a sentence.
export function inWords(error) {
  if (!(error instanceof Refused)) return t("page-unreachable");
  // The program's own sentence, which is English, is introduced as that on a page that is not, or
  // stands behind what is said in general where it knows more.
  const id = hasText(`refused-${error.code}`) ? `refused-${error.code}` : "refused-other";
  return t(id, { detail: error.message });
}
