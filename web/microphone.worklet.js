// 20 ms of the microphone at a time, as PCM of 16 bits, with how loud it was.

const FRAME = 480;

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.power = 0;
  }

  process([input]) {
    const sound = input[0];
    if (!sound) return true;
    for (const value of sound) {
      this.frame[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
      this.power += value * value;
      if (this.filled < FRAME) continue;
      const pcm = this.frame;
      this.port.postMessage({ pcm, level: Math.sqrt(this.power / FRAME) }, [pcm.buffer]);
      this.frame = new Int16Array(FRAME);
      this.filled = 0;
      this.power = 0;
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
