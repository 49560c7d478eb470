// One clock for two clips. A clock is a list of knots [clock, a, b]: seconds, a and b in the source files.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function timesAt(knots, clock) {
  const after = knots.findIndex((knot) => knot[0] > clock);
  const [c0, a0, b0] = knots[after < 0 ? knots.length - 1 : Math.max(0, after - 1)];
  if (after <= 0) return { a: a0, b: b0 };
  const [c1, a1, b1] = knots[after];
  const share = (clock - c0) / (c1 - c0);
  return { a: a0 + share * (a1 - a0), b: b0 + share * (b1 - b0) };
}

function clockOf(knots, side, time) {
  const at = side === "a" ? 1 : 2;
  const after = knots.findIndex((knot) => knot[at] >= time);
  if (after === 0) return knots[0][0];
  if (after < 0) return knots.find((knot) => knot[at] === knots[knots.length - 1][at])[0];
  const [left, right] = [knots[after - 1], knots[after]];
  return left[0] + ((time - left[at]) / (right[at] - left[at])) * (right[0] - left[0]);
}

// A clip and its video element; times are those of the source file, frames those of the clip.
class Clip {
  constructor(side, facts, video) {
    Object.assign(this, facts, { side, video });
  }

  // From the page to a blob: browsers seek in those, in data: only some.
  load() {
    const source = this.video.getAttribute("src");
    this.video.controls = false;
    if (!source.startsWith("data:")) return;
    const bytes = Uint8Array.from(atob(source.slice(source.indexOf(",") + 1)), (char) => char.charCodeAt(0));
    this.video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  }

  get time() {
    return this.start_s + this.video.currentTime;
  }

  get frame() {
    return clamp(Math.floor(this.video.currentTime * this.fps + 1e-4), 0, this.n_frames - 1);
  }

  // When the frame on screen begins.
  get shown() {
    return this.start_s + this.frame / this.fps;
  }

  // The frame on screen at a time.
  frameAt(time) {
    return clamp(Math.floor((time - this.start_s) * this.fps + 1e-4), 0, this.n_frames - 1);
  }

  // The frame that shows the picture which the source begins to show at a time: a clip samples it half a frame later.
  frameFrom(time) {
    return clamp(Math.ceil((time - this.start_s) * this.fps - 0.501), 0, this.n_frames - 1);
  }

  middleOf(frame) {
    return this.start_s + (frame + 0.5) / this.fps;
  }

  put(time) {
    this.video.currentTime = clamp(time - this.start_s + 1e-4, 0, (this.n_frames - 0.5) / this.fps);
  }

  show(frame) {
    this.video.pause();
    this.video.currentTime = (frame + 0.5) / this.fps;
  }
}
