// What the daemon tells its pages live. All pages of a browser share one connection, because a
// browser opens only six to one address.

const NAME = "mrnmesh-live";
const AGAIN_MS = 2000;
// A stream that comes back within this time was not missed by anybody.
const GONE_MS = 3000;

// Call `tell(now)` with what the daemon says, whenever that changes, and `tell(null)` while it does
// not answer.
export function follow(tell) {
  const channel = new BroadcastChannel(NAME);
  let newest;

  function heard(now) {
    newest = now;
    tell(now);
  }

  channel.onmessage = ({ data }) => {
    if (data.ask && leading && newest !== undefined) channel.postMessage({ now: newest });
    else if (!data.ask) heard(data.now);
  };

  let leading = false;
  // Whoever has the lock listens for all; when that page is closed, another one gets it.
  navigator.locks.request(NAME, () => {
    leading = true;
    listen((now) => {
      heard(now);
      channel.postMessage({ now });
    });
    return new Promise(() => {});
  });
  channel.postMessage({ ask: true });
}

// `gone` is a timer that is on since an earlier stream has ended.
function listen(heard, gone = 0) {
  const source = new EventSource("/live/");
  source.onmessage = ({ data }) => {
    clearTimeout(gone);
    gone = 0;
    heard(JSON.parse(data));
  };
  source.onerror = () => {
    gone ||= setTimeout(() => heard(null), GONE_MS);
    // After an answer that is no stream the browser does not try again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(heard, gone), AGAIN_MS);
  };
}
