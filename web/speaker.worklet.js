// What the server says, as it comes: a short wait first, so that the network's hiccups are not heard; silenced
// within 20 ms, without a click; tells how many samples of each item have been played.

const CUSHION = 24 * 80; // samples that wait before an item begins, and after it ran dry
const FADE = 1 / (24 * 20);

class Speaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.pieces = [];
    this.waiting = 0;
    this.flowing = false;
    this.gain = 1;
    this.wanted = 1;
    this.played = 0;
    this.item = "";
    this.ended = false;
    this.told = 0;
    this.port.onmessage = ({ data }) => this[data.do](data);
  }

  push({ item, sound }) {
    this.ended = false;
    this.pieces.push({ item, sound, at: 0 });
    this.waiting += sound.length;
  }

  end() {
    this.ended = true;
  }

  duck({ gain }) {
    this.wanted = gain;
  }

  stop() {
    this.stopping = true;
    this.wanted = 0;
  }

  drop() {
    this.pieces = [];
    this.waiting = 0;
    this.flowing = false;
    this.stopping = false;
    this.wanted = this.gain = 1;
  }

  next() {
    const piece = this.pieces[0];
    if (!piece) return 0;
    if (piece.item !== this.item) {
      this.item = piece.item;
      this.played = 0;
    }
    const value = piece.sound[piece.at++];
    this.played++;
    this.waiting--;
    if (piece.at === piece.sound.length) this.pieces.shift();
    return value;
  }

  process(_, [output]) {
    const out = output[0];
    if (this.waiting >= CUSHION || (this.ended && this.waiting)) this.flowing = true;
    let power = 0;
    for (let i = 0; i < out.length; i++) {
      this.gain += Math.max(-FADE, Math.min(FADE, this.wanted - this.gain));
      if (this.flowing && !this.waiting) this.flowing = false;
      out[i] = this.flowing ? this.gain * this.next() : 0;
      power += out[i] * out[i];
    }
    if (this.stopping && this.gain < 0.001) this.drop();
    if (currentFrame - this.told >= 1200) {
      this.told = currentFrame;
      const level = Math.sqrt(power / out.length);
      this.port.postMessage({ item: this.item, played: this.played, level, waiting: this.waiting });
    }
    return true;
  }
}

registerProcessor("speaker", Speaker);
