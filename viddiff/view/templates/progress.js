"use strict";
const state = document.getElementById("state");
const bar = document.getElementById("bar");
async function look() {
  try {
    const heard = await (await fetch(state.dataset.url, { cache: "no-store" })).json();
    if (heard.ended || heard.state !== state.dataset.state) { location.reload(); return; }
    if (state.textContent !== heard.text) state.textContent = heard.text;
    bar.max = heard.n_all || 1;
    bar.value = heard.n_all ? heard.n_done : 0;
  } catch { /* The server may be back at the next look. */ }
  setTimeout(look, 1000);
}
setTimeout(look, 1000);
