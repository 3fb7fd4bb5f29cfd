// The talk as text: your words while you say them, ours as they sound; what was not heard is struck out.

export class Transcript {
  constructor(list) {
    this.list = list;
    this.lines = new Map();
  }

  /** The line of an item, made where there is none. */
  line(id, who) {
    let line = this.lines.get(id);
    if (!line) {
      const element = document.createElement("li");
      element.dataset.who = who;
      const name = document.createElement("span");
      name.className = "who";
      name.textContent = who === "user" ? "you" : "spiketalk";
      const text = document.createElement("span");
      element.append(name, text);
      this.list.append(element);
      line = { element, text, words: [] };
      this.lines.set(id, line);
    }
    return line;
  }

  /** What the ears believe so far, or know. */
  user(id, words, open) {
    const line = this.line(id, "user");
    line.text.textContent = words || "…";
    line.element.toggleAttribute("data-open", open);
    this.follow();
  }

  /** A turn that was none. */
  forget(id) {
    this.lines.get(id)?.element.remove();
    this.lines.delete(id);
  }

  /** One more word of ours, to be heard at `atMs` of its item's sound. */
  say(id, word, atMs = 0) {
    const line = this.line(id, "agent");
    const element = document.createElement("span");
    element.className = "coming";
    element.textContent = word;
    line.text.append(element);
    line.words.push({ element, atMs });
    this.follow();
  }

  /** So much of an item's sound has been played. */
  played(id, ms) {
    for (const word of this.lines.get(id)?.words ?? []) {
      if (word.atMs <= ms) word.element.classList.remove("coming");
    }
  }

  /** An item is over: what is left of it was heard, or was not. */
  end(id, cut) {
    for (const word of this.lines.get(id)?.words ?? []) {
      if (word.element.classList.contains("coming")) {
        word.element.className = cut ? "cut" : "";
      }
    }
    if (cut) this.lines.get(id)?.text.append(" —");
  }

  follow() {
    this.list.scrollTop = this.list.scrollHeight;
  }
}
