// Skeletons over the clips: a canvas on each player, drawn from the pose at the time of the frame on screen.

const GAP_MS = 250; // over a longer gap in the pose nothing is drawn

class Skeleton {
  constructor(clip) {
    Object.assign(this, { clip, canvas: byId(`skeleton-${clip.side}`), shown: true });
  }

  // x and y of all points at a time of the file, thousandths of the picture's height; null where one is not seen.
  pointsAt(ms) {
    const { times_ms: times, points } = this.clip.pose;
    let after = times.findIndex((time) => time >= ms);
    if (after < 0) after = times.length - 1;
    const before = Math.max(0, times[after] > ms ? after - 1 : after);
    const near = Math.abs(times[after] - ms) < Math.abs(times[before] - ms) ? after : before;
    if (Math.abs(times[near] - ms) > GAP_MS) return [];
    const size = points.length / times.length;
    const [one, other] = [before, after].map((frame) => points.slice(frame * size, (frame + 1) * size));
    if (before === after || times[after] - times[before] > GAP_MS) return near === after ? other : one;
    const share = (ms - times[before]) / (times[after] - times[before]);
    return one.map((value, i) => (value === null || other[i] === null ? null : value + share * (other[i] - value)));
  }

  draw() {
    const { clip, canvas } = this;
    const { clientWidth, clientHeight, videoWidth, videoHeight } = clip.video;
    const dense = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(clientWidth * dense), Math.round(clientHeight * dense)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    if (!this.shown || !videoHeight) return;
    // The picture stands in the middle of its element.
    const scale = Math.min(width / videoWidth, height / videoHeight);
    const [left, top] = [(width - videoWidth * scale) / 2, (height - videoHeight * scale) / 2];
    const unit = (videoHeight * scale) / 1000;
    const points = this.pointsAt(1000 * clip.middleOf(clip.frame));
    const at = (point) => [left + points[2 * point] * unit, top + points[2 * point + 1] * unit];
    const seen = (point) => typeof points[2 * point] === "number";
    const style = getComputedStyle(document.documentElement);
    // A light line on a dark one is seen on any picture.
    for (const [colour, thick] of [["--bone-edge", 5], [`--bone-${clip.side}`, 2.5]]) {
      pen.strokeStyle = pen.fillStyle = style.getPropertyValue(colour);
      pen.lineWidth = thick * dense;
      pen.lineCap = "round";
      pen.beginPath();
      for (const [one, other] of data.lines) {
        if (!seen(one) || !seen(other)) continue;
        pen.moveTo(...at(one));
        pen.lineTo(...at(other));
      }
      pen.stroke();
      for (let point = 0; 2 * point < points.length; point++) {
        if (!seen(point)) continue;
        pen.beginPath();
        pen.arc(...at(point), 0.9 * thick * dense, 0, 2 * Math.PI);
        pen.fill();
      }
    }
  }
}
