// What a clerk types: digits of any script, CNIC and telephone with their separators, ages and days.

// Digits as on an English keyboard, whatever keyboard they were typed on.
export const ascii = (text) =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (one) => String(one.charCodeAt(0) & 0xf));

const digitsOf = (text) => ascii(text).replace(/\D/g, "");

// A CNIC with its hyphens, as far as it is typed. What is no CNIC stays as it is.
export function cnic(text) {
  const plain = ascii(text);
  if (/[^\d\s.-]/.test(plain)) return plain;
  const digits = digitsOf(plain);
  const parts = [digits.slice(0, 5), digits.slice(5, 12), digits.slice(12)];
  return parts.filter(Boolean).join("-");
}

// A telephone number with a space where people make a pause.
export function phone(text) {
  const plain = ascii(text);
  if (/[^\d\s+().-]/.test(plain)) return plain;
  const digits = digitsOf(plain);
  const parts = plain.trim().startsWith("+")
    ? [`+${digits.slice(0, 2)}`, digits.slice(2, 5), digits.slice(5)]
    : [digits.slice(0, 4), digits.slice(4)];
  return parts.filter(Boolean).join(" ");
}

// Give an input its new form, with the cursor behind the same digit as before.
export function reform(input, form) {
  const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  const text = form(input.value);
  if (text === input.value) return text;
  input.value = text;
  let place = 0;
  for (let seen = 0; place < text.length && (seen < before || atEnd); place++) {
    if (/\d/.test(text[place])) seen++;
  }
  input.setSelectionRange(place, place);
  return text;
}

// Which field a text that was typed to find somebody belongs to.
export function fieldOf(text) {
  const plain = ascii(text).trim();
  const digits = digitsOf(plain);
  if (/^pat-/i.test(plain)) return "number";
  if (/^\d{5}-\d{7}-\d$/.test(plain) || /^\d{13}$/.test(plain)) return "cnic";
  if (/^\+?[\d\s().-]+$/.test(plain)) {
    return /^[+0]/.test(plain) && digits.length >= 7 ? "phone" : "number";
  }
  return plain ? "full_name" : "";
}

// What to search for: numbers without the separators that people type.
export function asQuery(text) {
  const plain = ascii(text).trim();
  return fieldOf(text) === "phone" ? plain.replace(/[^\d+]/g, "") : plain;
}

// Who fits best: who has exactly this number goes first, then who had it.
export const bestFirst = (people, text) => {
  const query = asQuery(text).toUpperCase();
  const rank = (person) => [person.mrn, person.former_mrn, query].indexOf(query);
  return people.toSorted((one, other) => rank(one) - rank(other));
};

const YEARS = /^(\d{1,3})\s*(?:y|yr|yrs|years?|سال)?$/;
const MONTHS = /^(\d{1,4})\s*(?:m|mo|months?|ماہ|مہینے|مہینہ)$/;
const DAYS = /^(\d{1,5})\s*(?:d|days?|دن)$/;
const YEAR = /^(\d{4})$/;
const YEAR_FIRST = /^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})$/;
const DAY_FIRST = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$/;

const two = (number) => String(number).padStart(2, "0");

// What an age or a day of birth says, as the API's fields have it; null if it says nothing.
export function born(text) {
  const plain = ascii(text).trim().toLowerCase();
  let found;
  if ((found = YEARS.exec(plain))) return { age_years: Number(found[1]) };
  if ((found = MONTHS.exec(plain))) return { age_months: Number(found[1]) };
  if ((found = DAYS.exec(plain))) return { age_days: Number(found[1]) };
  if ((found = YEAR.exec(plain))) return { dob: `${found[1]}-07-01`, dob_estimated: true };
  if ((found = YEAR_FIRST.exec(plain))) {
    return { dob: `${found[1]}-${two(found[2])}-${two(found[3])}` };
  }
  if ((found = DAY_FIRST.exec(plain))) {
    return { dob: `${found[3]}-${two(found[2])}-${two(found[1])}` };
  }
  return null;
}
