// The Realtime protocol's client: one socket, which comes back by itself. Knows no page.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const REFUSED = new Set([1003, 1008, 1013]); // to try again at once would not help

/** Connects, reconnects to the same session, and tells `hear(event)` and `changed(kind, text)`. */
export class Realtime {
  constructor({ url, key = "", hear, changed }) {
    Object.assign(this, { url, key, hear, changed });
    this.session = "";
    this.wait = FIRST_WAIT_MS;
    this.wanted = false;
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    this.wanted = true;
    clearTimeout(this.timer);
    this.changed("wait", this.session ? "Reconnecting …" : "Connecting …");
    const url = this.session ? `${this.url}?session_id=${this.session}` : this.url;
    const protocols = ["realtime", ...(this.key ? [`openai-insecure-api-key.${this.key}`] : [])];
    const socket = new WebSocket(url, protocols);
    this.socket = socket;
    socket.onmessage = (message) => this.take(JSON.parse(message.data));
    socket.onclose = (event) => socket === this.socket && this.closed(event);
  }

  take(event) {
    if (event.type === "session.created") {
      this.session = event.session.id;
      this.wait = FIRST_WAIT_MS;
      this.changed("on", "Connected");
    }
    this.hear(event);
  }

  closed(event) {
    if (!this.wanted) return this.changed("off", "Not connected");
    if (REFUSED.has(event.code)) {
      this.wanted = false;
      return this.changed("bad", event.reason || "The server does not want this session");
    }
    if (event.code === 1000 || event.code === 1001) this.session = "";
    this.changed("wait", "The server is gone; trying again …");
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
  }

  send(type, fields = {}) {
    if (this.open) this.socket.send(JSON.stringify({ type, ...fields }));
  }

  close() {
    this.wanted = false;
    this.session = "";
    clearTimeout(this.timer);
    this.socket?.close(1000);
    this.changed("off", "Not connected");
  }
}

/** Bytes as base64. */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** PCM of 16 bits in base64 as floats in ±1. */
export function fromBase64(text) {
  const raw = atob(text);
  const pcm = new Int16Array(raw.length >> 1);
  for (let i = 0; i < pcm.length; i++) {
    pcm[i] = raw.charCodeAt(2 * i) | (raw.charCodeAt(2 * i + 1) << 8);
  }
  return Float32Array.from(pcm, (value) => value / 32768);
}
