// The pages of the dashboard. A page is a module; this list gives it an address, a place among the
// links, and says who sees it.

import { later } from "/static/shared/later.js";
import { Audit } from "./audit.js";
import { Backups } from "./backups.js";
import { Desk } from "./desk.js";
import { Desks } from "./desks.js";
import { Guide } from "./guide.js";
import { Overview } from "./overview.js";
import { Pool } from "./pool.js";
import { Settings } from "./settings.js";
import { Me } from "./sign-in.js";

const alerts = () => import("./alerts.js");
const certificates = () => import("./certificates.js");
const clerks = () => import("./clerks.js");
const clocks = () => import("./clocks.js");
const conflicts = () => import("./conflicts.js");
const duplicates = () => import("./duplicates.js");
const keys = () => import("./keys.js");
const ledger = () => import("./ledger.js");
const recovery = () => import("./recovery.js");
const reports = () => import("./reports.js");
const requests = () => import("./requests.js");
const sheets = () => import("./sheets.js");
const users = () => import("./users.js");
const webhooks = () => import("./webhooks.js");

// `at` is the first part of the address, and `nav-…` its text; `one` draws what a second part
// names. `right` is what one needs to see it, none for everybody. `count` is shown beside the link
// unless it is 0. What has no `group` has no link.
export const PAGES = [
  { at: "overview", group: "work", View: Overview },
  { at: "terminals", group: "work", right: "administer", View: Desks, one: Desk },
  {
    at: "conflicts",
    group: "work",
    right: "administer",
    View: later(conflicts, "Conflicts"),
    one: later(conflicts, "Conflict"),
    count: (now) => now.open_conflicts,
  },
  {
    at: "duplicates",
    group: "work",
    right: "administer",
    View: later(duplicates, "Duplicates"),
    one: later(duplicates, "Duplicate"),
  },
  {
    at: "requests",
    group: "work",
    right: "administer",
    View: later(requests, "Requests"),
    count: (now) => now.open_requests,
  },
  { at: "reports", group: "work", right: "administer", View: later(reports, "Reports") },
  {
    at: "ledger",
    group: "work",
    right: "administer",
    View: later(ledger, "LedgerOf"),
    one: later(ledger, "Series"),
  },
  { at: "pool", group: "work", right: "administer", View: Pool },
  { at: "clerks", group: "rights", right: "administer", View: later(clerks, "Clerks") },
  { at: "users", group: "rights", right: "administer", View: later(users, "Users") },
  { at: "keys", group: "rights", right: "administer", View: later(keys, "Keys") },
  {
    at: "certificates",
    group: "rights",
    right: "administer",
    View: later(certificates, "Certificates"),
  },
  { at: "audit", group: "rights", right: "administer", View: Audit },
  { at: "alerts", group: "upkeep", right: "administer", View: later(alerts, "Alerts") },
  { at: "backups", group: "upkeep", right: "administer", View: Backups },
  { at: "clocks", group: "upkeep", right: "administer", View: later(clocks, "Clocks") },
  { at: "webhooks", group: "upkeep", right: "administer", View: later(webhooks, "Webhooks") },
  { at: "settings", group: "upkeep", right: "administer", View: Settings },
  { at: "recovery", right: "administer", View: later(recovery, "Recovery") },
  { at: "sheets", right: "administer", View: Desks, one: later(sheets, "Sheets") },
  { at: "paper", right: "administer", View: Desks, one: later(sheets, "Paper") },
  { at: "guide", right: "administer", View: Guide, one: Guide },
  { at: "me", View: Me },
];

export const GROUPS = ["work", "rights", "upkeep"];
