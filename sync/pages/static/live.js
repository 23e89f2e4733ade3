// What the daemon tells its pages live. All pages of a browser share one connection, because a
// browser opens only six to one address.

const AGAIN_MS = 2000;
// A stream that comes back within this time was not missed by anybody.
const GONE_MS = 3000;

// Call `tell(now)` with what the daemon says at `path`, whenever that changes, and `tell(null)`
// while it does not answer; call `over()` when it lets nobody look on any longer. What is returned
// ends it.
export function follow(tell, { path = "/live/", over = () => {} } = {}) {
  const name = `mrnmesh ${path}`;
  const channel = new BroadcastChannel(name);
  const ending = new AbortController();
  let newest;
  let leading = false;
  let letGo = () => {};

  function heard(now) {
    newest = now;
    tell(now);
  }

  channel.onmessage = ({ data }) => {
    if (data.ask && leading && newest !== undefined) channel.postMessage({ now: newest });
    else if (data.over) over();
    else if (!data.ask) heard(data.now);
  };

  // Whoever has the lock listens for all; when that page is closed, another one gets it.
  const lead = () => {
    leading = true;
    listen(path, ending.signal, {
      heard: (now) => {
        heard(now);
        channel.postMessage({ now });
      },
      over: () => {
        channel.postMessage({ over: true });
        over();
      },
    });
    return new Promise((done) => {
      letGo = done;
    });
  };
  navigator.locks.request(name, { signal: ending.signal }, lead).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
  channel.postMessage({ ask: true });
  return () => {
    ending.abort();
    channel.close();
    letGo();
  };
}

// `gone` is a timer that is on since an earlier stream has ended.
function listen(path, signal, told, gone = 0) {
  const source = new EventSource(path);
  const end = () => {
    clearTimeout(gone);
    source.close();
  };
  signal.addEventListener("abort", end);
  source.onmessage = ({ data }) => {
    clearTimeout(gone);
    gone = 0;
    told.heard(JSON.parse(data));
  };
  source.addEventListener("over", () => {
    end();
    told.over();
  });
  source.onerror = () => {
    gone ||= setTimeout(() => told.heard(null), GONE_MS);
    // After an answer that is no stream the browser does not try again by itself.
    if (source.readyState !== EventSource.CLOSED) return;
    signal.removeEventListener("abort", end);
    setTimeout(() => {
      if (signal.aborted) clearTimeout(gone);
      else listen(path, signal, told, gone);
    }, AGAIN_MS);
  };
}
