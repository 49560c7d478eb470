"use strict";
// What every part of the script uses.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
document.documentElement.classList.add("scripted");

