// Printing labels: a hidden frame has the labels at their size, and asks the browser to print.

import { call } from "/static/shared/calls.js";
import { clerkOf } from "../clerks/clerk.js";

let frame = null;

// Print the labels of people; done when the browser has closed its printing.
export const print = (people) =>
  printFrom(
    `/labels/?clerk=${encodeURIComponent(clerkOf())}&` +
      people.map((person) => `person=${person.id}`).join("&"),
  );

// Print a document of this desk that asks the browser to print when it stands in a frame.
export function printFrom(address) {
  frame?.remove();
  frame = document.createElement("iframe");
  frame.className = "printing";
  frame.title = "";
  frame.tabIndex = -1;
  frame.setAttribute("aria-hidden", "true");
  frame.src = address;
  return new Promise((done) => {
    const heard = (event) => {
      if (event.source !== frame.contentWindow) return;
      window.removeEventListener("message", heard);
      done();
    };
    window.addEventListener("message", heard);
    document.body.append(frame);
  });
}

// Note that the labels of people were printed; a desk notes it for its own people.
export async function notePrinted(people, desk) {
  for (const person of people) {
    if (person.origin_terminal_code !== desk || person.mrn_status === "rejected") continue;
    await call("POST", `/api/patients/${person.id}/reprinted/`, { mrn: person.mrn });
  }
}
