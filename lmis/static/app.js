// Makes the pages quicker to use. Everything works without it.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const grouped = (n, places = 0) => n.toLocaleString(language, { minimumFractionDigits: places, maximumFractionDigits: places });
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/đ/g, "d");

  // What is in a box as a number: digits, grouped or not; null when it is nothing of the kind.
  const typed = (box) => {
    const text = box.value.trim();
    return /^(\d+|\d{1,3}([., ])\d{3}(\2\d{3})*)$/.test(text) ? Number(text.replace(/\D/g, "")) : null;
  };

  // "3 × 144 = 432 pieces" and what will be left on the shelf, beside each quantity.
  const show = (line) => {
    const box = line.querySelector("[data-quantity]"), said = line.querySelector(".calc"), unit = line.querySelector("[data-unit]");
    if (!box || !said) return;
    const item = line.querySelector("[data-item]")?.selectedOptions[0]?.dataset ?? box.dataset;
    const count = typed(box), pack = Number(item.pack || 1), words = [];
    if (count) {
      const units = unit?.value === "pack" ? count * pack : count;
      if (unit?.value === "pack") words.push(`${grouped(count)} × ${grouped(pack)} = ${grouped(units)} ${item.word ?? ""}`);
      if (box.dataset.hand) words.push(left(box.dataset, box.dataset.hand - units));
    }
    said.textContent = words.join("; ");
  };
  const left = (data, units) => {
    const text = document.querySelector("form[data-left]")?.dataset ?? {};
    if (units < 0) return (text.short ?? "").replace("{n}", grouped(-units));
    const months = Number(data.use) ? units / Number(data.use) : null;
    return (months === null ? text.left : text.months ?? "").replace("{n}", grouped(units)).replace("{m}", months === null ? "" : grouped(months, 1));
  };
  for (const line of all("[data-line]")) {
    for (const event of ["input", "change"]) line.addEventListener(event, () => show(line));
    show(line);
  }

  // What is missing or damaged is taken off what arrived, until somebody types what arrived.
  for (const line of all("[data-arriving]")) {
    const arrived = line.querySelector("[data-arrived]"), boxes = all("[data-gone]", line), whole = Number(line.dataset.arriving);
    const rest = () => whole - boxes.reduce((sum, box) => sum + (typed(box) ?? 0), 0);
    let own = [whole, rest()].includes(typed(arrived)) ? arrived.value : null;
    for (const box of boxes) box.addEventListener("input", () => {
      if (arrived.value === own && rest() >= 0) arrived.value = own = String(rest());
    });
  }

  // A browser set up for another country shows 12 March as 03/12: say the day as the paper has it.
  const day = (locale) => new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" });
  if (day().formatToParts(0)[0].type !== "day") {
    for (const box of all("input[type=date]")) {
      const said = box.insertAdjacentElement("afterend", document.createElement("span"));
      const tell = () => { said.textContent = box.value ? day("en-GB").format(box.valueAsDate) : ""; };
      said.className = "soft on-paper";
      box.addEventListener("input", tell);
      tell();
    }
  }

  // Nothing is sent twice, however often the button is pressed.
  for (const form of all("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  addEventListener("pageshow", () => all("form[data-once]").forEach((form) => delete form.dataset.sent));

  // Typing a few letters without tones leaves the rows that have them, and those in which a quantity stands.
  for (const field of all("[data-filter]")) {
    const rows = all(`${field.dataset.filter} [data-key]`);
    field.hidden = rows.length < 8;
    field.querySelector("input").addEventListener("input", ({ target }) => {
      const words = folded(target.value).split(/\s+/);
      for (const row of rows) row.hidden = !row.querySelector("[data-quantity]")?.value && !words.every((word) => row.dataset.key.includes(word));
    });
  }

  // Enter goes on to the next line, as a scanner and a storekeeper expect; on the last it goes to the button.
  for (const form of all("form[data-lines]")) {
    form.addEventListener("keydown", (event) => {
      const box = event.target;
      if (event.key !== "Enter" || box.tagName !== "INPUT") return;
      event.preventDefault();
      const stops = all("input:not([type=hidden]):not([type=search]), select:not([data-unit]), .actions button", form).filter((it) => it.offsetParent);
      const next = stops[stops.indexOf(box) + 1];
      next?.focus();
      next?.select?.();
    });
  }

  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  document.addEventListener("click", (event) => {
    for (const open of all("header details[open]")) if (!open.contains(event.target)) open.open = false;
  });
  document.querySelector("[data-focus]")?.focus();
})();
