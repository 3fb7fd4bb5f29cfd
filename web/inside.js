// What happens inside: how much each layer of the three networks fires, and what each stage took.

const SECONDS = 8;
const COLUMNS = 160;
const BUDGET_MS = { "ears, last words": 60, mind: 60, mouth: 60 };
const NAMES = { "ears, last words": "last words", mind: "mind", mouth: "first sound" };
const COLOURS = { "ears, last words": "--ears", mind: "--mind", mouth: "--mouth" };
const TOTAL_MS = 800;
const TURNS = 4;

/** A strip for each network: a row for each layer, the newest at the right, the brighter the more it fires. */
export class Spikes {
  constructor(place) {
    this.strips = Object.fromEntries(["ears", "mind", "mouth"].map((name) => [name, this.strip(place, name)]));
    this.timer = setInterval(() => this.move(), (1000 * SECONDS) / COLUMNS);
  }

  strip(place, name) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const label = document.createElement("span");
    label.textContent = name;
    const share = document.createElement("span");
    share.textContent = "silent";
    caption.append(label, share);
    const canvas = document.createElement("canvas");
    canvas.width = COLUMNS;
    canvas.height = 1;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Firing of the ${name}, by layer`);
    figure.append(caption, canvas);
    place.append(figure);
    return { canvas, share, name, waiting: null, quiet: 0 };
  }

  /** `layers`: the share of neurons that fired, of each layer. */
  fired(network, layers) {
    const strip = this.strips[network];
    strip.waiting = layers;
    strip.quiet = 0;
    const mean = layers.reduce((sum, one) => sum + one, 0) / Math.max(1, layers.length);
    strip.share.textContent = `${(100 * mean).toFixed(0)} %`;
  }

  move() {
    for (const strip of Object.values(this.strips)) {
      const { canvas } = strip;
      const layers = strip.waiting ?? [];
      if (layers.length && canvas.height !== layers.length) canvas.height = layers.length;
      const pen = canvas.getContext("2d");
      pen.globalCompositeOperation = "copy"; // the strip moves; nothing of where it was remains
      pen.drawImage(canvas, -1, 0);
      pen.globalCompositeOperation = "source-over";
      pen.fillStyle = getComputedStyle(canvas).getPropertyValue(`--${strip.name}`);
      layers.forEach((share, row) => {
        pen.globalAlpha = Math.min(1, share * 2.5);
        pen.fillRect(COLUMNS - 1, row, 1, 1);
      });
      pen.globalAlpha = 1;
      if (strip.waiting && ++strip.quiet > 3) strip.waiting = null;
      if (!strip.waiting && strip.quiet > 0 && ++strip.quiet > 20) {
        strip.share.textContent = "silent";
        strip.quiet = 0;
      }
    }
  }
}

/** The last turns, stage by stage, against their budgets. */
export class Latency {
  constructor(table) {
    this.body = table.tBodies[0];
    this.current = new Map();
  }

  span({ work, wall_ms: ms }) {
    if (work in BUDGET_MS) this.current.set(work, ms);
  }

  /** A turn was answered; `waitedMs` is from the end of the turn to our first sound. */
  turn(waitedMs) {
    const rows = [...this.current].map(([work, ms]) => this.row(NAMES[work], ms, BUDGET_MS[work], COLOURS[work]));
    if (waitedMs !== undefined) {
      const total = this.row("you waited", waitedMs, TOTAL_MS, "--ink");
      total.className = "total";
      rows.push(total);
    }
    this.current.clear();
    this.body.prepend(...rows);
    while (this.body.rows.length > 4 * TURNS) this.body.deleteRow(-1);
  }

  row(name, ms, budget, colour) {
    const row = document.createElement("tr");
    const label = row.insertCell();
    label.textContent = name;
    const bar = document.createElement("div");
    bar.className = "bar";
    const fill = document.createElement("i");
    fill.style.width = `${Math.min(100, (50 * ms) / budget)}%`;
    fill.style.setProperty("background", `var(${colour})`);
    const line = document.createElement("b");
    line.style.left = "50%";
    bar.append(fill, line);
    row.insertCell().append(bar);
    const time = row.insertCell();
    time.textContent = `${Math.round(ms)}`;
    time.classList.toggle("over", ms > budget);
    return row;
  }
}
