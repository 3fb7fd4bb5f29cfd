// Microphone and loudspeaker at 24 kHz, behind one context. Knows no protocol and no page.

const RATE = 24000;

/** What went wrong with the microphone, said plainly. */
export function trouble(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "The microphone is refused: allow it for this page in the browser's address bar, or write instead.";
    case "NotFoundError":
      return "There is no microphone: plug one in, or write instead.";
    case "NotReadableError":
      return "Another program holds the microphone: close it, or write instead.";
    default:
      return `The microphone does not work (${error.message}): write instead.`;
  }
}

export class Sound {
  /** `heard({pcm, level})` for each 20 ms of the microphone, `played({item, played, level})` now and then. */
  constructor({ heard, played }) {
    this.heard = heard;
    this.played = played;
  }

  async start() {
    if (this.context) return this.context.resume();
    this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    await Promise.all(
      ["microphone", "speaker"].map((name) => this.context.audioWorklet.addModule(`${name}.worklet.js`)),
    );
    this.speaker = new AudioWorkletNode(this.context, "speaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.speaker.port.onmessage = ({ data }) => this.played(data);
    this.speaker.connect(this.context.destination);
    await this.context.resume();
  }

  /** Open the microphone; the browser is asked to take our own voice out of it. */
  async listen(deviceId = "") {
    this.deafen();
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
        ...(deviceId && { deviceId: { exact: deviceId } }),
      },
    });
    this.source = this.context.createMediaStreamSource(this.stream);
    this.microphone = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0 });
    this.microphone.port.onmessage = ({ data }) => this.heard(data);
    this.source.connect(this.microphone);
  }

  deafen() {
    this.source?.disconnect();
    this.microphone?.port.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.source = this.microphone = this.stream = undefined;
  }

  say(item, sound) {
    this.speaker?.port.postMessage({ do: "push", item, sound }, [sound.buffer]);
  }

  end() {
    this.speaker?.port.postMessage({ do: "end" });
  }

  duck(gain) {
    this.speaker?.port.postMessage({ do: "duck", gain });
  }

  stop() {
    this.speaker?.port.postMessage({ do: "stop" });
  }

  async microphones() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === "audioinput" && device.deviceId);
  }
}
