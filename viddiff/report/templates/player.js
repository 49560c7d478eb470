// Two players on one clock: the clock leads, the videos follow by their playback rate.

const CATCH_UP_S = 0.1; // how soon a video that is off is to be where the clock is
const LOST_S = 0.3; // further off, it seeks
const SLOWEST = 0.07; // browsers play no slower; below, frames are shown one by one
const AROUND_S = 0.75; // how much of the clips is looped on each side of a key moment
const LOOK_MS = 900; // how long a key moment stands still before it plays

class Players {
  constructor(clips) {
    Object.assign(this, { clips, clock: 0, speed: 1, playing: false, looping: true, card: 0, notify: () => {} });
    this.use("stages");
  }

  use(name) {
    this.base = data.clocks[name];
    this.aligned(this.base, 0);
  }

  aligned(knots, card) {
    Object.assign(this, { knots, card, end: knots[knots.length - 1][0] });
  }

  play() {
    clearTimeout(this.soon);
    if (this.playing) return;
    this.playing = true;
    this.put(this.clock >= this.end - 1e-3 ? 0 : this.clock);
    this.last = performance.now();
    requestAnimationFrame((now) => this.tick(now));
    this.notify();
  }

  pause() {
    clearTimeout(this.soon);
    const played = this.playing;
    this.playing = false;
    if (played) this.seek(this.clock);
    this.notify();
  }

  // Both clips to a moment of the clock, each to the middle of a frame; `exact` names the frame of a side.
  seek(clock, exact = {}) {
    this.clock = clamp(clock, 0, this.end);
    const times = timesAt(this.knots, this.clock);
    for (const clip of this.clips) clip.show(exact[clip.side] ?? clip.frameAt(times[clip.side]));
    this.notify();
  }

  // Both clips to where the clock is, not to the middle of a frame: for playing on from there.
  put(clock) {
    this.clock = clock;
    const times = timesAt(this.knots, clock);
    for (const clip of this.clips) clip.put(times[clip.side]);
  }

  tick(now) {
    if (!this.playing) return;
    const passed = Math.min((now - this.last) / 1000, 0.25);
    this.last = now;
    // Nobody runs ahead of a clip that is still being read.
    if (!this.clips.some((clip) => clip.video.seeking)) this.clock += passed * this.speed;
    if (this.clock >= this.end) {
      if (this.looping) this.put(0);
      else {
        this.clock = this.end;
        this.pause();
        return;
      }
    }
    this.follow(Math.max(passed, 0.01));
    this.notify();
    requestAnimationFrame((later) => this.tick(later));
  }

  // The rate of the clock for the coming `step` seconds, and a little more or less for a clip that is off.
  follow(step) {
    const now = timesAt(this.knots, this.clock);
    const next = timesAt(this.knots, this.clock + step * this.speed);
    for (const clip of this.clips) {
      const { side, video } = clip;
      if (video.seeking) continue;
      const pace = (next[side] - now[side]) / step;
      const held = pace < SLOWEST || clip.frameAt(now[side]) === clip.n_frames - 1;
      if (Math.abs(clip.time - now[side]) > LOST_S || held || now[side] < clip.start_s) {
        const frame = clip.frameAt(now[side]);
        if (frame !== clip.frame || !video.paused) clip.show(frame);
        if (held || now[side] < clip.start_s) continue;
      }
      const wanted = clamp(pace + (now[side] - clip.time) / CATCH_UP_S, SLOWEST, 16);
      if (Math.abs(video.playbackRate - wanted) > 0.01) video.playbackRate = wanted;
      if (video.paused) video.play().catch(() => {});
    }
  }

  // To the next or last moment at which the picture of either clip changes.
  step(way) {
    this.pause();
    const clocks = this.clips
      .map((clip) => [clip, clip.frame + way])
      .filter(([clip, frame]) => frame >= 0 && frame < clip.n_frames)
      .map(([clip, frame]) => clockOf(this.knots, clip.side, clip.middleOf(frame)))
      .filter((clock) => way * (clock - this.clock) > 1e-6);
    if (clocks.length) this.seek(way > 0 ? Math.min(...clocks) : Math.max(...clocks));
  }

  // Both clips to the key moment of a difference, set side by side there, and around it in a loop.
  jump(card) {
    this.pause();
    if (card.a === null && card.b === null) return;
    if (card.a === null || card.b === null) {
      const side = card.a === null ? "b" : "a";
      this.look(side, card[side]);
      this.card = card.number;
      this.notify();
      return;
    }
    const frames = {};
    for (const clip of this.clips) frames[clip.side] = clip.frameFrom(card[clip.side]);
    const [a, b] = this.clips.map((clip) => clip.middleOf(frames[clip.side]));
    const knots = [-AROUND_S, 0, AROUND_S].map((off) => [AROUND_S + off, a + off, b + off]);
    this.aligned(knots, card.number);
    this.seek(AROUND_S, frames);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.looping && !still) this.soon = setTimeout(() => this.play(), LOOK_MS);
  }

  // The frame that a clip begins to show at a time; the other clip where the clock then is.
  look(side, time) {
    this.pause();
    this.aligned(this.base, 0);
    const clip = this.clips.find((one) => one.side === side);
    const frame = clip.frameFrom(time);
    this.seek(clockOf(this.knots, side, clip.middleOf(frame)), { [side]: frame });
  }

  back() {
    if (this.knots === this.base) return;
    const clock = clockOf(this.base, "a", this.clips[0].time);
    this.pause();
    this.aligned(this.base, 0);
    this.seek(clock);
  }
}
