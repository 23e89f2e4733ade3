// Why the system could not do something, in the words of these pages where they know the clause of
// the program, which is English.

import { language, t } from "/static/shared/texts.js";

// A clause, as `sync.model.causes` has it -> its text.
const CLAUSES = [
  ["the disk is full", "cause-disk-full"],
  ["the disk can only be read", "cause-read-only"],
  ["the disk fails or is not there", "cause-disk-fails"],
  ["this user is not allowed to use it", "cause-forbidden"],
  ["there is no such file or folder", "cause-missing"],
  ["another program uses it", "cause-in-use"],
  ["no program answers there", "cause-nobody"],
  ["the other side has ended the connection", "cause-ended"],
  ["no answer came in time", "cause-late"],
  ["the network does not lead there", "cause-no-way"],
  ["no computer of this name is known", "cause-no-name"],
];

// What is known only in part stands behind in whole.
export function causeOf(why) {
  const found = language().code === "en" ? undefined : CLAUSES.find(([clause]) => why.includes(clause));
  if (!found) return why;
  const [clause, text] = found;
  return why === clause ? t(text) : `${t(text)} (\u2068${why}\u2069)`;
}
