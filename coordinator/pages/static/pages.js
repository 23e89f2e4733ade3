// The pages of the dashboard. A page is a module; this list gives it an address, a place among the
// links, and says who sees it.

import { later } from "/static/shared/later.js";
import { Desk } from "./terminals/desk.js";
import { Desks } from "./terminals/desks.js";
import { Overview } from "./watching/overview.js";
import { Settings } from "./clinic/settings.js";
import { Me } from "./clinic/sign-in.js";

const alerts = () => import("./watching/alerts.js");
const audit = () => import("./watching/audit.js");
const backups = () => import("./clinic/backups.js");
const certificates = () => import("./clinic/certificates.js");
const clerks = () => import("./terminals/clerks.js");
const clocks = () => import("./clinic/clocks.js");
const conflicts = () => import("./people/conflicts.js");
const duplicates = () => import("./people/duplicates.js");
const guide = later(() => import("./clinic/guide.js"), "Guide");
const imports = () => import("./people/import.js");
const keys = () => import("./clinic/keys.js");
const ledger = () => import("./numbers/ledger.js");
const looked = () => import("./watching/looked.js");
const people = () => import("./people/people.js");
const pool = () => import("./numbers/pool.js");
const recovery = () => import("./clinic/recovery.js");
const reports = () => import("./watching/reports.js");
const requests = () => import("./people/requests.js");
const sheets = () => import("./numbers/sheets.js");
const users = () => import("./clinic/users.js");
const webhooks = () => import("./clinic/webhooks.js");

const administers = (me) => me.rights.includes("administer");
const registers = (me) => me.rights.includes("register");
const reads = (me) => me.rights.includes("read");

// `at` is the first part of the address, and `nav-…` its text; `one` draws what a second part
// names. `may` says who sees it, by the answer of /api/whoami/; without it everybody does. `count` is
// shown beside the link unless it is 0. What has no `group` has no link.
export const PAGES = [
  { at: "overview", group: "work", View: Overview },
  { at: "terminals", group: "work", may: administers, View: Desks, one: Desk },
  {
    at: "people",
    group: "work",
    may: reads,
    View: later(people, "People"),
    one: later(people, "PersonOrPair"),
  },
  {
    at: "conflicts",
    group: "work",
    may: administers,
    View: later(conflicts, "Conflicts"),
    one: later(conflicts, "Conflict"),
    count: (now) => now.open_conflicts,
  },
  {
    at: "duplicates",
    group: "work",
    may: registers,
    View: later(duplicates, "Duplicates"),
    one: later(duplicates, "Duplicate"),
  },
  {
    at: "requests",
    group: "work",
    may: (me) => me.decides_records,
    View: later(requests, "Requests"),
    one: later(requests, "Request"),
    count: (now) => now.open_requests,
  },
  { at: "reports", group: "work", may: administers, View: later(reports, "Reports") },
  {
    at: "ledger",
    group: "work",
    may: administers,
    View: later(ledger, "LedgerOf"),
    one: later(ledger, "Series"),
  },
  { at: "pool", group: "work", may: administers, View: later(pool, "Pool") },
  { at: "clerks", group: "rights", may: administers, View: later(clerks, "Clerks") },
  { at: "users", group: "rights", may: administers, View: later(users, "Users") },
  { at: "keys", group: "rights", may: administers, View: later(keys, "Keys") },
  {
    at: "certificates",
    group: "rights",
    may: administers,
    View: later(certificates, "Certificates"),
  },
  { at: "audit", group: "rights", may: administers, View: later(audit, "Audit") },
  { at: "looked", group: "rights", may: administers, View: later(looked, "Looked") },
  { at: "alerts", group: "upkeep", may: administers, View: later(alerts, "Alerts") },
  { at: "backups", group: "upkeep", may: administers, View: later(backups, "Backups") },
  { at: "clocks", group: "upkeep", may: administers, View: later(clocks, "Clocks") },
  { at: "webhooks", group: "upkeep", may: administers, View: later(webhooks, "Webhooks") },
  { at: "import", group: "upkeep", may: administers, View: later(imports, "ImportPage") },
  { at: "settings", group: "upkeep", may: administers, View: Settings },
  { at: "recovery", may: administers, View: later(recovery, "Recovery") },
  { at: "sheets", may: administers, View: Desks, one: later(sheets, "Sheets") },
  { at: "paper", may: administers, View: Desks, one: later(sheets, "Paper") },
  { at: "guide", may: administers, View: guide, one: guide },
  { at: "me", View: Me },
];

export const GROUPS = ["work", "rights", "upkeep"];
