// What a hand can do with the players, and what they show of themselves.

const players = new Players(["a", "b"].map((side) => new Clip(side, data.clips[side], byId(`clip-${side}`))));
players.use(byId("clock").value);
const skeletons = players.clips.filter((clip) => clip.pose).map((clip) => new Skeleton(clip));
// The curves run on the clock of the stages, whichever clock the players are on.
const now = document.querySelectorAll("[data-now]");
const duration = data.clocks.stages[data.clocks.stages.length - 1][0];
const heads = { a: byId("head-a"), b: byId("head-b") };
const cardAt = (number) => data.cards[number - 1];
const seconds = (time) => `${time.toFixed(2)} s`;

players.notify = () => {
  const { clock, end, playing, card } = players;
  byId("play").textContent = playing ? "Pause" : "Play";
  const slider = byId("position");
  slider.max = end;
  if (document.activeElement !== slider || playing) slider.value = clock;
  slider.setAttribute("aria-valuetext", `${seconds(clock)} of ${seconds(end)}`);
  byId("clock-time").textContent = `${clock.toFixed(2)} / ${seconds(end)}`;
  for (const clip of players.clips) {
    byId(`time-${clip.side}`).textContent = `${seconds(clip.shown)} · frame ${clip.frame + 1}`;
    const head = heads[clip.side];
    const { start, scale } = head.parentElement.dataset;
    head.style.left = `${clamp((100 * (clip.time - start)) / scale, 0, 100)}%`;
    head.parentElement.setAttribute("aria-valuenow", clip.shown.toFixed(2));
    head.parentElement.setAttribute("aria-valuetext", seconds(clip.shown));
  }
  for (const skeleton of skeletons) skeleton.draw();
  for (const line of now) {
    const clip = players.clips.find((one) => one.side === line.dataset.now);
    const x = `${(100 * clockOf(data.clocks.stages, clip.side, clip.shown)) / duration}%`;
    for (const end of ["x1", "x2"]) line.setAttribute(end, x);
  }
  if (players.shown !== card) showCard(card);
};

function showCard(number) {
  players.shown = number;
  for (const one of document.querySelectorAll(".card")) one.classList.toggle("current", one.dataset.card === `${number}`);
  byId("now").hidden = !number;
  if (!number) return;
  byId("now-link").href = `#difference-${number}`;
  byId("now-link").textContent = `${number} · ${byId(`statement-${number}`).textContent}`;
  const verdict = byId(`verdict-${number}`);
  Object.assign(byId("now-verdict"), { textContent: verdict.textContent, className: verdict.className });
}

function bring(id) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  byId(id).scrollIntoView({ block: "start", behavior: calm });
}

// Where the players do not stay in sight by themselves, whoever sends them to a moment is taken to them.
function bringPlayers() {
  if (getComputedStyle(byId("player")).position !== "sticky") bring("player");
}

function go(number, move = true) {
  const card = cardAt(clamp(number, 1, data.cards.length));
  if (!card) return;
  players.jump(card);
  players.chosen = card.number;
  showCard(card.number);
  players.card = card.number;
  if (move) {
    byId(`jump-${card.number}`)?.focus({ preventScroll: true });
    bring(`difference-${card.number}`);
  }
  bringPlayers();
}

const pressed = (id, act) => byId(id).addEventListener("click", act);
pressed("play", () => (players.playing ? players.pause() : players.play()));
pressed("step-back", () => players.step(-1));
pressed("step-on", () => players.step(1));
pressed("whole", () => players.back());
pressed("swap", () => byId("swap").setAttribute("aria-pressed", byId("screens").classList.toggle("swapped")));
byId("speed").addEventListener("change", (event) => (players.speed = Number(event.target.value)));
byId("loop").addEventListener("change", (event) => (players.looping = event.target.checked));
byId("clock").addEventListener("change", (event) => {
  players.pause();
  const time = players.clips[0].time;
  players.use(event.target.value);
  players.seek(clockOf(players.knots, "a", time));
});
byId("overlay").addEventListener("change", (event) => {
  byId("screens").classList.toggle("laid-over", event.target.checked);
  byId("opacity").disabled = !event.target.checked;
});
byId("skeletons")?.addEventListener("change", (event) => {
  for (const skeleton of skeletons) {
    skeleton.shown = event.target.checked;
    skeleton.draw();
  }
});
const mix = () => byId("screens").style.setProperty("--mix", byId("opacity").value / 100);
byId("opacity").addEventListener("input", mix);
byId("position").addEventListener("input", (event) => {
  players.pause();
  players.seek(Number(event.target.value));
});

for (const scale of document.querySelectorAll(".scale[data-side]")) {
  const { side, start, scale: length } = scale.dataset;
  const clip = players.clips.find((one) => one.side === side);
  scale.addEventListener("click", (event) => {
    const flag = event.target.closest("[data-flag]");
    if (flag) return go(Number(flag.dataset.flag));
    const box = scale.getBoundingClientRect();
    players.look(side, Number(start) + ((event.clientX - box.left) / box.width) * length);
  });
  scale.addEventListener("keydown", (event) => {
    const ways = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -1e6, End: 1e6 };
    if (!(event.key in ways)) return;
    event.preventDefault();
    players.look(side, clip.middleOf(clamp(clip.frame + ways[event.key], 0, clip.n_frames - 1)) - 0.5 / clip.fps);
  });
}

for (const line of now) line.setAttribute("visibility", "visible");
for (const curves of document.querySelectorAll(".curves")) {
  curves.addEventListener("click", (event) => {
    const box = curves.getBoundingClientRect();
    players.pause();
    byId("clock").value = "stages";
    players.use("stages");
    players.seek((duration * (event.clientX - box.left)) / box.width);
  });
}
for (const shot of document.querySelectorAll(".shot[data-side]")) {
  shot.tabIndex = 0;
  shot.setAttribute("role", "button");
  const look = () => {
    players.look(shot.dataset.side, Number(shot.dataset.time));
    bringPlayers();
  };
  shot.addEventListener("click", look);
  shot.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    look();
  });
}

for (const button of document.querySelectorAll("[data-jump]")) {
  button.hidden = false;
  button.addEventListener("click", () => go(Number(button.dataset.jump), false));
}
for (const card of document.querySelectorAll(".card")) {
  card.addEventListener("click", (event) => {
    const own = "a, button, input, textarea, label, summary, details, .shot, .curves, .scroll, fieldset";
    if (event.target.closest(own) || getSelection().toString()) return;
    go(Number(card.dataset.card), false);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, select")) return;
  const chosen = players.chosen || 0;
  const keys = {
    j: () => go(chosen + 1),
    k: () => go(chosen - 1),
    ",": () => players.step(-1),
    ".": () => players.step(1),
    Escape: () => players.back(),
  };
  if (!event.target.closest("a, button, summary, input, [role=button]")) {
    keys[" "] = () => byId("play").click();
    keys.Enter = () => go(chosen || 1);
  }
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
document.addEventListener("visibilitychange", () => document.hidden && players.pause());

for (const skeleton of skeletons) new ResizeObserver(() => skeleton.draw()).observe(skeleton.clip.video);
for (const clip of players.clips) {
  // What cannot be played here is not offered.
  clip.video.addEventListener("error", () => {
    byId("player").hidden = true;
    byId("unplayable").hidden = false;
  });
  clip.video.addEventListener("seeked", () => players.notify());
  clip.load();
}
// Cards that are jumped to stop below the players where those stay in sight.
const deck = () => document.documentElement.style.setProperty("--deck", `${byId("player").offsetHeight}px`);
new ResizeObserver(deck).observe(byId("player"));
byId("controls").hidden = false;
byId("keys").hidden = false;
for (const head of Object.values(heads)) head.hidden = false;
mix();
players.seek(0);
