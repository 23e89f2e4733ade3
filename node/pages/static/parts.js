// Small pieces that all views of the page are made of.

import { useLayoutEffect, useRef } from "/static/shared/vendor/htm-preact.js";

export {
  About,
  Known,
  Ltr,
  Name,
  Notice,
  SetAside,
  Status,
  Title,
  Unconfirmed,
  go,
  useCalm,
  useTurn,
} from "/static/shared/parts.js";

// Do something at a key of the whole page, as long as the view is shown. What is typed into a field
// stays there.
export function useKey(matches, act) {
  const newest = useRef(act);
  newest.current = act;
  // As soon as the view is there: a key that is pressed before it is drawn counts too.
  useLayoutEffect(() => {
    const keyed = (event) => {
      if (!matches(event)) return;
      event.preventDefault();
      newest.current(event);
    };
    window.addEventListener("keydown", keyed);
    return () => window.removeEventListener("keydown", keyed);
  }, []);
}

// What a browser prints with this key is the page; here it is the label.
export const isPrintKey = (event) =>
  (event.ctrlKey || event.metaKey) && !event.shiftKey && event.code === "KeyP";

export const isBackKey = (event) =>
  event.key === "Escape" && !event.target.closest("input, dialog, form");
