// A box on a picture, drawn by pointer or set by keyboard; its value is in fractions of the picture.
import { percent, say } from "./texts.js";

const LEAST = 0.05;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export class BoxDrawer {
  constructor(stage, image, frame, toggle) {
    Object.assign(this, { stage, image, frame, toggle, part: null, drag: null });
    toggle.addEventListener("click", () => (this.part ? this.clear() : this.set({ x: 0.2, y: 0.2, width: 0.6, height: 0.6 }, true)));
    stage.addEventListener("pointerdown", (event) => this.start(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", () => { this.drag = null; });
    stage.addEventListener("pointercancel", () => { this.drag = null; });
    frame.addEventListener("keydown", (event) => this.key(event));
  }

  reset() { this.toggle.disabled = false; this.clear(); }
  disable() { this.clear(); this.toggle.disabled = true; }
  clear() { this.part = null; this.frame.hidden = true; this.toggle.setAttribute("aria-pressed", "false"); this.toggle.textContent = say("draw"); }

  /** Null means all of the photo; a box that is only a slip of the finger is none. */
  value() { return this.part && this.part.width >= LEAST && this.part.height >= LEAST ? this.part : null; }

  set(part, focus = false) {
    this.part = part;
    this.frame.hidden = false;
    this.toggle.setAttribute("aria-pressed", "true");
    this.toggle.textContent = say("whole");
    for (const [side, value] of [["left", part.x], ["top", part.y], ["width", part.width], ["height", part.height]]) {
      this.frame.style[side] = `${value * 100}%`;
    }
    this.frame.setAttribute("aria-label", say("part_at", { left: percent(part.x), top: percent(part.y), width: percent(part.width), height: percent(part.height) }));
    if (focus) this.frame.focus();
  }

  at(event) {
    const area = this.image.getBoundingClientRect();
    return { x: clamp((event.clientX - area.left) / area.width, 0, 1), y: clamp((event.clientY - area.top) / area.height, 0, 1) };
  }

  start(event) {
    if (this.toggle.disabled || event.button !== 0) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    const from = this.at(event);
    this.drag = event.target === this.frame && this.part ? { from, part: { ...this.part } } : { from };
  }

  move(event) {
    if (!this.drag) return;
    const to = this.at(event), { from, part } = this.drag;
    if (part) {
      this.set({ ...part, x: clamp(part.x + to.x - from.x, 0, 1 - part.width), y: clamp(part.y + to.y - from.y, 0, 1 - part.height) });
      return;
    }
    if (Math.hypot(to.x - from.x, to.y - from.y) < 0.01) return;
    this.set({ x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) });
  }

  key(event) {
    const step = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] }[event.key];
    if (!step || !this.part) return;
    event.preventDefault();
    const part = { ...this.part };
    if (event.shiftKey) {
      part.width = clamp(part.width + step[0], LEAST, 1 - part.x);
      part.height = clamp(part.height + step[1], LEAST, 1 - part.y);
    } else {
      part.x = clamp(part.x + step[0], 0, 1 - part.width);
      part.y = clamp(part.y + step[1], 0, 1 - part.height);
    }
    this.set(part);
  }
}
