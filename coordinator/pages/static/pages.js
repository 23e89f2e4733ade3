// The pages of the dashboard. A page is a module; this list gives it an address, a place among the
// links, and says who sees it.

import { Desk } from "./desk.js";
import { Desks } from "./desks.js";
import { Overview } from "./overview.js";
import { Me } from "./sign-in.js";

// `at` is the first part of the address, and `nav-…` and `title-…` its texts; `one` draws what a
// second part names. `right` is what one needs to see it, none for everybody. `count` is shown
// beside the link unless it is 0. What has no `group` has no link.
export const PAGES = [
  { at: "overview", group: "work", View: Overview },
  { at: "terminals", group: "work", right: "administer", View: Desks, one: Desk },
  { at: "me", View: Me },
];

export const GROUPS = ["work"];
