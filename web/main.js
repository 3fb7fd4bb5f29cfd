// Wires the parts: microphone → protocol → loudspeaker, and everything to the page.

import { Realtime, fromBase64, toBase64 } from "./realtime.js";
import { Sound, trouble } from "./sound.js";
import { Transcript } from "./transcript.js";
import { Latency, Spikes } from "./inside.js";

const LOUD = 0.03; // of full scale: so loud over our voice, it is lowered at once, before the server has decided
const SAMPLES_PER_MS = 24;

const at = (id) => document.getElementById(id);
const transcript = new Transcript(at("transcript"));
const spikes = new Spikes(at("spikes"));
const latency = new Latency(at("latency"));

let live = false;
let muted = false;
let holding = false;
let state = "off";
let speaking = ""; // the item that we say
let played = { item: "", ms: 0 };
let stopped = 0; // when the user's voice ended, in the server's time; 0: answered already
let thought = { at: 0, here: 0 }; // when the turn became ours, in the server's time and in ours

const STATES = {
  off: "Off",
  Idle: "Listening",
  UserSpeaking: "Hearing you",
  Pausing: "Have you finished?",
  Thinking: "Thinking",
  Speaking: "Speaking: interrupt whenever you like",
  Ducked: "Yes?",
  Closed: "Off",
};

const sound = new Sound({
  heard({ pcm, level }) {
    const open = live && !muted && (!at("push").checked || holding);
    at("talk").style.setProperty("--level", open ? Math.min(1, 6 * level) : 0);
    if (!open) return;
    line.send("input_audio_buffer.append", { audio: toBase64(new Uint8Array(pcm.buffer)) });
    if (state === "Speaking" && at("interrupt").checked) sound.duck(level > LOUD ? 0.35 : 1);
  },
  played({ item, played: samples, level }) {
    played = { item, ms: samples / SAMPLES_PER_MS };
    transcript.played(item, played.ms);
    if (state === "Speaking") at("talk").style.setProperty("--level", Math.min(1, 4 * level));
  },
});

const line = new Realtime({ url: address(), hear, changed });

function address() {
  const url = new URL("v1/realtime", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function changed(kind, text) {
  at("status").dataset.kind = kind;
  at("status").textContent = text;
  if (kind === "bad") complain(text);
  if (kind !== "on") show("off");
}

function complain(text) {
  at("trouble").hidden = !text;
  at("trouble").textContent = text;
}

function show(name) {
  state = name;
  at("state").dataset.state = name;
  at("state").textContent = muted && live && name === "Idle" ? "Muted" : (STATES[name] ?? name);
}

/** What the server tells, by type; what is not here is not needed. */
const told = {
  "session.created": () => {
    configure();
    show("Idle");
  },
  "spiketalk.state": (event) => {
    if (event.state === "Thinking") thought = { at: event.at_ms, here: performance.now() };
    show(event.state);
  },
  "spiketalk.words": (event) => transcript.user(event.item_id, event.text, true),
  "spiketalk.spikes": (event) => spikes.fired(event.network, event.layers),
  "spiketalk.span": (event) => latency.span(event),
  "spiketalk.ducked": () => sound.duck(0),
  "spiketalk.resumed": () => sound.duck(1),
  "input_audio_buffer.speech_started": (event) => {
    interrupted();
    transcript.user(event.item_id, "", true);
  },
  "input_audio_buffer.speech_stopped": (event) => {
    stopped = event.audio_end_ms;
    if (transcript.lines.get(event.item_id)?.text.textContent === "…") transcript.forget(event.item_id);
  },
  "conversation.item.input_audio_transcription.completed": (event) => {
    if (event.transcript) transcript.user(event.item_id, event.transcript, false);
    else transcript.forget(event.item_id);
  },
  "response.output_item.added": (event) => {
    speaking = event.item.id;
    sound.duck(1);
  },
  "response.output_audio.delta": (event) => {
    if (stopped) {
      latency.turn(thought.at - stopped + performance.now() - thought.here);
      stopped = 0;
    }
    sound.say(event.item_id, fromBase64(event.delta));
  },
  "response.output_audio.done": () => sound.end(),
  "response.output_audio_transcript.delta": (event) =>
    transcript.say(event.item_id, event.delta, 1000 * (event.start_time ?? 0)),
  "response.done": ({ response }) => {
    const item = response.output[0]?.id;
    const cut = response.status === "cancelled";
    if (item && cut) transcript.end(item, true);
    if (response.status === "failed") complain(response.status_details.error.message);
    speaking = "";
  },
  error: ({ error }) => complain(error.message),
};

function hear(event) {
  told[event.type]?.(event);
}

/** The user has taken the turn: silence, and tell the server how much of our sentence was heard. */
function interrupted() {
  complain("");
  const item = speaking || played.item;
  sound.stop();
  if (item && item === played.item && speaking) {
    line.send("conversation.item.truncate", {
      item_id: item,
      content_index: 0,
      audio_end_ms: Math.max(0, Math.floor(played.ms)),
    });
  }
  speaking = "";
}

function configure() {
  const turns = {
    type: "semantic_vad",
    eagerness: at("eagerness").value,
    interrupt_response: at("interrupt").checked,
  };
  line.send("session.update", {
    session: {
      type: "realtime",
      include: ["spiketalk"],
      audio: {
        input: { transcription: { model: "ears" }, turn_detection: at("push").checked ? null : turns },
        output: { speed: Number(at("speed").value) },
      },
    },
  });
}

async function start() {
  complain("");
  at("welcome").hidden = true;
  at("talk-label").textContent = "Stop";
  at("talk").dataset.live = "";
  live = true;
  line.key = at("key").value;
  line.connect();
  try {
    await sound.start();
    await sound.listen(at("microphone").value);
    at("mute").disabled = at("hold").disabled = false;
    await choose();
  } catch (error) {
    complain(trouble(error));
  }
}

function stop() {
  live = false;
  sound.stop();
  sound.deafen();
  line.close();
  at("talk-label").textContent = "Talk";
  delete at("talk").dataset.live;
  at("talk").style.setProperty("--level", 0);
  at("mute").disabled = at("hold").disabled = true;
}

/** The microphones there are; their names are known once one was allowed. */
async function choose() {
  const select = at("microphone");
  const now = select.value;
  const options = (await sound.microphones()).map((device) => new Option(device.label, device.deviceId));
  select.replaceChildren(new Option("As the browser chooses", ""), ...options);
  select.value = now;
}

function mute() {
  muted = !muted;
  at("mute").setAttribute("aria-pressed", String(muted));
  show(state);
}

function press() {
  if (!live || holding) return;
  holding = true;
  at("hold").dataset.down = "";
  if (!at("push").checked) {
    at("push").checked = true;
    configure();
  }
  if (speaking) line.send("response.cancel");
  interrupted();
  line.send("input_audio_buffer.clear");
}

function release() {
  if (!holding) return;
  holding = false;
  delete at("hold").dataset.down;
  line.send("input_audio_buffer.commit");
  line.send("response.create");
}

function write(event) {
  event.preventDefault();
  const text = at("line").value.trim();
  if (!text) return;
  if (!line.open) {
    complain("Press Talk first: there is no connection.");
    return;
  }
  if (speaking) line.send("response.cancel");
  interrupted();
  const id = `line_${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  const content = [{ type: "input_text", text }];
  line.send("conversation.item.create", { item: { id, type: "message", role: "user", content } });
  line.send("response.create");
  transcript.user(id, text, false);
  at("line").value = "";
}

at("talk").addEventListener("click", () => (live ? stop() : start()));
at("mute").addEventListener("click", mute);
at("write").addEventListener("submit", write);
for (const name of ["pointerdown", "pointerup", "pointercancel", "pointerleave"]) {
  at("hold").addEventListener(name, name === "pointerdown" ? press : release);
}
at("hold").addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && press());
at("hold").addEventListener("keyup", release);
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, button, summary") || event.repeat) return;
  if (event.key === " ") {
    event.preventDefault();
    press();
  } else if (event.key.toLowerCase() === "m" && live) {
    mute();
  }
});
document.addEventListener("keyup", (event) => event.key === " " && release());
for (const id of ["eagerness", "interrupt", "push"]) at(id).addEventListener("change", configure);
at("speed").addEventListener("input", () => {
  at("speed-shown").textContent = `${Number(at("speed").value).toFixed(1)}×`;
});
at("speed").addEventListener("change", configure);
at("microphone").addEventListener("change", async () => {
  try {
    await sound.listen(at("microphone").value);
  } catch (error) {
    complain(trouble(error));
  }
});
show("off");

window.spiketalk = { sound, line, transcript };
