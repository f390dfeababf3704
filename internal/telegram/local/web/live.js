// Live events from the server, with reconnection. Every listener gets every event.

const listeners = new Set();
let boot = null;

export function listen(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

function tell(event) {
  for (const fn of [...listeners]) fn(event);
}

export function connect() {
  const source = new EventSource('/sim/events');
  let opened = false;
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.type === 'hello') {
      opened = true;
      const again = boot !== null;
      boot = event.boot;
      tell({ type: 'online' });
      if (again) tell({ type: 'resync' });
      return;
    }
    tell(event);
  };
  source.onerror = () => {
    source.close();
    tell({ type: 'offline' });
    setTimeout(connect, opened ? 300 : 1000);
  };
}
