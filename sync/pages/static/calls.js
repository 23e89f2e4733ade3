// Calls of the daemon's API.

// An answer that is an error; `answer` has its code, and the fields that are wrong.
export class Refused extends Error {
  constructor(status, answer) {
    super(answer?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = answer?.code ?? "";
    this.answer = answer ?? {};
  }
}

// What is wrong with single fields: name -> sentence.
export function faultsOf(refused) {
  return Object.fromEntries(
    Object.entries(refused.answer)
      .filter(([, value]) => Array.isArray(value))
      .map(([name, value]) => [name, value[0]]),
  );
}

let always = () => ({});
let ahead = 0;

// How far this computer's clock was ahead of the daemon's when that answered last, in milliseconds.
export const clockAhead = () => ahead;

// Send what `make` returns among the headers of every call from now on.
export function sendAlways(make) {
  always = make;
}

const headersOf = (body) => {
  if (body === undefined) return {};
  return { "Content-Type": body instanceof Blob ? "application/octet-stream" : "application/json" };
};

// The answer of a call, and its version. A file is sent as it is, all else as JSON.
// Throws Refused for an error, and TypeError if no answer came.
export async function call(method, path, body, { headers = {}, signal } = {}) {
  const response = await fetch(path, {
    method,
    signal,
    headers: { ...headersOf(body), ...always(), ...headers },
    body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
  });
  const told = Date.parse(response.headers.get("Date"));
  if (told) ahead = Date.now() - told;
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Refused(response.status, answer);
  return { answer, version: response.headers.get("ETag") };
}

export const get = async (path, options) => (await call("GET", path, undefined, options)).answer;

// Let questions about one thing be asked in turn: what is returned, called with a function that asks
// and shows the answer, calls it when the one before has ended. So no answer overtakes a later one,
// and a slow computer is not asked faster than it answers: of those that wait only the newest is
// asked. The promise that it returns is kept when something was asked after the call.
export function inTurn() {
  let open = Promise.resolve();
  let next = null;
  return (look) => {
    if (next === null) {
      const waits = { look };
      next = waits;
      const begin = () => {
        next = null;
        return waits.look();
      };
      waits.done = open.then(begin, begin);
      open = waits.done;
    }
    next.look = look;
    return next.done;
  };
}

const PAUSES_MS = [300, 1000, 3000];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A call that may be sent again, because it changes nothing the second time.
// One whose answer was lost is repeated some times before that is an error.
export async function callAgain(method, path, body, options) {
  for (const ms of PAUSES_MS) {
    try {
      return await call(method, path, body, options);
    } catch (error) {
      const busy = error instanceof Refused && error.status === 429;
      if (error instanceof Refused && !busy) throw error;
    }
    await pause(ms);
  }
  return call(method, path, body, options);
}
