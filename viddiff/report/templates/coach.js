// The coach's own view of each difference: kept in this browser, written out as labels for `viddiff eval --data`.

const KEPT = `viddiff-coach-${data.document}`;
let views = {};
try {
  views = Object(JSON.parse(localStorage.getItem(KEPT)) || {});
} catch {
  // A browser that keeps nothing, or something else under our name: the views begin empty.
}

const viewOf = (number) => views[number] || { vote: "", right: "", comment: "" };

function labelOf(card) {
  const { vote, right } = viewOf(card.number);
  if (vote === "agree") return card.answer;
  return (vote === "disagree" || card.answer === null) && ["a", "b", "c"].includes(right) ? right : null;
}

function coachPairs() {
  const pair = structuredClone(data.pair);
  for (const card of data.cards) {
    const comment = viewOf(card.number).comment;
    Object.assign(pair.differences[card.number], { label: labelOf(card), comment: `${comment || ""}` });
  }
  return [pair];
}

function tellViews() {
  const given = data.cards.filter((card) => labelOf(card) !== null).length;
  byId("coach-state").textContent = `${given} of ${data.cards.length} differences have your label.`;
  for (const card of data.cards) {
    const choice = byId(`right-${card.number}`);
    choice.hidden = card.answer !== null && viewOf(card.number).vote !== "disagree";
  }
}

function keepViews() {
  let kept = true;
  try {
    localStorage.setItem(KEPT, JSON.stringify(views));
  } catch {
    kept = false;
  }
  byId("coach-unkept").hidden = kept;
  tellViews();
}

function showView(form) {
  const view = viewOf(form.dataset.coach);
  for (const input of form.querySelectorAll("input")) input.checked = view[input.dataset.field] === input.value;
  form.querySelector("textarea").value = view.comment || "";
}

for (const form of document.querySelectorAll(".coach[data-coach]")) {
  const number = form.dataset.coach;
  form.hidden = false;
  showView(form);
  form.addEventListener("input", (event) => {
    views[number] = { ...viewOf(number), [event.target.dataset.field]: event.target.value };
    keepViews();
  });
}

if (data.pair && data.cards.length) {
  byId("coach").hidden = false;
  byId("coach-save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(coachPairs(), null, 2)], { type: "application/json" }));
    link.download = `coach-${data.document.slice(0, 8)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  byId("coach-clear").addEventListener("click", () => {
    if (!confirm("Remove all your labels and comments on this page?")) return;
    views = {};
    for (const form of document.querySelectorAll(".coach[data-coach]")) showView(form);
    keepViews();
  });
  tellViews();
}
