// Keeps the page true: puts in what the stream says has changed, keeps times going, and says so loudly
// when nothing is heard any more. No library, nothing evaluated; without it the page reloads itself.
"use strict";

(() => {
  const page = document.documentElement;
  const SILENCE = 12000; // Milliseconds without a word after which the stream is cut: it beats every 5 s.
  const LOST = 4000; // Milliseconds without a connection after which it is: time to try again twice.
  const byId = (id) => document.getElementById(id);
  const keep = {
    get: (key) => { try { return localStorage.getItem(`queuewatch.${key}`); } catch { return null; } },
    set: (key, text) => { try { localStorage.setItem(`queuewatch.${key}`, text); } catch { /* private */ } },
  };

  // ---- Light and dark: as the system is, or as was chosen here. Before anything is painted.
  const dark = () => (page.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const asked = new URLSearchParams(location.search).get("theme");
  const theme = ["light", "dark"].includes(asked) ? asked : keep.get("theme");
  if (theme) page.dataset.theme = theme;
  page.classList.add("js");

  // ---- Time: the server's, as it was last heard, and what has passed here since.
  let heard = { server: Date.parse(page.dataset.now), here: performance.now() };
  let told = performance.now();
  let lost = null;
  const now = () => heard.server + (performance.now() - heard.here);
  const two = (number) => String(number).padStart(2, "0");
  const days = (date) => new Date(date).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const dated = (date) => {
    const today = new Date(now()).toDateString() === date.toDateString();
    return today ? clock(date) : `${days(date)} ${clock(date).slice(0, 5)}`;
  };
  const ago = (milliseconds) => {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} m`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} m`;
    return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
  };
  const say = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  const telling = (time) => {
    const date = new Date(time.dateTime);
    if ("ago" in time.dataset) {
      const how = time.dataset.ago;
      say(time, how === "for" ? `for ${ago(now() - date)}` : `${ago(now() - date)} ago`);
      if (!time.title) time.title = dated(date);
    } else say(time, dated(date));
  };
  const tick = () => {
    document.querySelectorAll("time[data-ago]").forEach(telling);
    count();
    const cut = performance.now() - told > SILENCE || (lost !== null && performance.now() - lost > LOST);
    const banner = byId("cut");
    say(byId("clock"), clock(new Date(cut && page.dataset.live ? heard.server : now())));
    if (!banner || !page.dataset.live) return;
    if (cut && banner.hidden) say(byId("cut-at"), dated(new Date(heard.server)));
    banner.hidden = !cut;
    page.classList.toggle("cut", cut);
    page.classList.toggle("live", !cut && streamed);
    say(byId("pulse-word"), cut ? "Cut" : streamed ? "Live" : "As of");
  };

  // ---- How much is out of sight: queues that do not fit on the board, alerts beyond the first few.
  const count = () => {
    const beyond = byId("beyond");
    if (beyond) {
      const all = [...document.querySelectorAll("#tally b")].reduce((sum, one) => sum + Number(one.textContent), 0);
      const shown = [...document.querySelectorAll(".card")].filter((one) => one.clientHeight > 8).length;
      say(beyond, all > shown ? `+ ${all - shown} more` : "");
    }
    const more = byId("all-alerts");
    if (more) {
      const all = byId("alerts-list").children.length;
      const open = byId("alerts").classList.contains("all");
      more.dataset.many = all > 8 ? "many" : all > 3 ? "some" : "";
      more.hidden = all <= 3;
      say(more, open ? "Fewer alerts" : `All ${all} alerts`);
    }
  };

  // ---- Parts: what has changed, in the order it is to stand in.
  const made = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };
  const ready = (element) => {
    element.querySelectorAll("time").forEach(telling);
    element.querySelectorAll("button[data-open], button[data-end]").forEach((button) => { button.hidden = false; });
    return element;
  };
  const place = (old, fresh) => {
    const reached = "a, button, input, summary";
    const at = old.contains(document.activeElement) ? [...old.querySelectorAll(reached)].indexOf(document.activeElement) : -1;
    if (old.dataset.state && old.dataset.state !== fresh.dataset.state) fresh.classList.add("turned");
    old.replaceWith(fresh);
    if (at >= 0) fresh.querySelectorAll(reached)[at]?.focus({ preventScroll: true });
  };
  const steady = (places) => { // The places of the longest run that goes up: what need not be moved.
    const ends = [];
    const before = [];
    places.forEach((place, at) => {
      let low = 0;
      for (let high = ends.length; low < high;) {
        const middle = (low + high) >> 1;
        if (places[ends[middle]] < place) low = middle + 1; else high = middle;
      }
      before[at] = low ? ends[low - 1] : -1;
      ends[low] = at;
    });
    const kept = new Set();
    for (let at = ends.length ? ends[ends.length - 1] : -1; at >= 0; at = before[at]) kept.add(places[at]);
    return kept;
  };
  const arrange = (container, wanted) => {
    const focused = document.activeElement;
    const staying = new Set(wanted);
    for (const child of [...container.children]) if (!staying.has(child)) child.remove();
    const was = new Map([...container.children].map((child, at) => [child, at]));
    const kept = steady(wanted.filter((one) => was.has(one)).map((one) => was.get(one)));
    let last = null;
    for (const one of wanted) {
      if (!kept.has(was.get(one))) container.insertBefore(one, last ? last.nextSibling : container.firstChild);
      last = one;
    }
    if (focused !== document.activeElement && container.contains(focused)) focused.focus({ preventScroll: true });
  };
  const apply = (parts, order) => {
    const waiting = new Map();
    const news = [];
    for (const [id, html] of Object.entries(parts)) {
      const old = byId(id);
      const fresh = ready(made(html));
      const was = old?.dataset.said;
      if (fresh.dataset.said && was !== fresh.dataset.said && old?.dataset.state !== fresh.dataset.state) news.push(fresh.dataset.said);
      if (!old) waiting.set(id, fresh);
      else if (!("shell" in old.dataset)) place(old, fresh);
    }
    const before = new Set([...document.querySelectorAll("#alerts-list > li")].map((one) => one.id));
    // Held before anything is taken out: a row may go from one group to another.
    const held = new Map(Object.values(order).flat().map((id) => [id, byId(id) || waiting.get(id)]));
    for (const [id, ids] of Object.entries(order)) {
      const container = byId(id);
      if (container) arrange(container, ids.map((one) => held.get(one)).filter(Boolean));
    }
    for (const [id, fresh] of waiting) if (byId(id) && byId(id) !== fresh) place(byId(id), fresh);
    const gone = [...before].filter((id) => !byId(id)).length;
    if (gone) news.push(`${gone} ${gone === 1 ? "alert is" : "alerts are"} over.`);
    if (news.length) say(byId("spoken"), news.slice(0, 5).join(" "));
    const critical = byId("tally")?.querySelector(".is-critical b")?.textContent;
    if (critical !== undefined) document.title = document.title.replace(/^(\(\d+\) )?/, critical === "0" ? "" : `(${critical}) `);
  };

  // ---- The stream. The browser asks again by itself when it is lost, but not after a refusal.
  let streamed = false;
  let source = null;
  const listen = () => {
    source?.close();
    source = new EventSource(page.dataset.root + page.dataset.live);
    source.onmessage = (message) => {
      const said = JSON.parse(message.data);
      heard = { server: Date.parse(said.now), here: performance.now() };
      told = performance.now();
      lost = null;
      streamed = true;
      if (said.build !== page.dataset.build) { location.reload(); return; }
      if (said.parts || said.order) apply(said.parts || {}, said.order || {});
      tick();
    };
    source.onerror = () => {
      lost ??= performance.now();
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
  };

  // ---- Doing something: sent to the API as JSON; what it objects to is shown where it was said.
  const call = async (where, button, path, method, body) => {
    const problem = where.querySelector(".problem");
    problem.textContent = "";
    button.disabled = true;
    try {
      const answer = await fetch(page.dataset.root + path, {
        method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
      });
      if (answer.ok) return true;
      const said = await answer.json().catch(() => ({}));
      problem.textContent = said.detail || `It was not done: ${answer.status} ${answer.statusText}.`;
    } catch {
      problem.textContent = "It was not done: queuewatch does not answer.";
    } finally {
      button.disabled = false;
    }
    return false;
  };
  const send = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const button = form.querySelector("button[type=submit]");
    if (button.disabled) return;
    const said = Object.fromEntries([...new FormData(form)].map(([key, text]) => [key, text.trim()]).filter(([, text]) => text));
    if (said.owner && !form.elements.owner.readOnly) keep.set("owner", said.owner);
    const { rule, queue, org, ...rest } = said;
    const done = form.dataset.act === "ack"
      ? await call(form, button, `api/v1/alerts/${encodeURIComponent(form.dataset.alert)}/ack`, "POST", rest)
      : await call(form, button, "api/v1/silences", "POST", { ...rest, matchers: Object.fromEntries(Object.entries({ org, rule, queue }).filter(([, text]) => text)) });
    if (!done) return;
    const words = form.dataset.act === "ack" ? "Acknowledged." : "Silenced.";
    say(byId("spoken"), words);
    form.reset();
    remember(form);
    form.closest("dialog")?.close();
    form.closest("details")?.removeAttribute("open");
  };
  const end = async (button) => {
    const path = `api/v1/silences/${encodeURIComponent(button.dataset.end)}`;
    if (await call(button.closest("li"), button, path, "DELETE")) say(byId("spoken"), "The silence is ended.");
  };
  const open = (button) => {
    const dialog = byId(`${button.dataset.open}-dialog`);
    if (!dialog) return;
    const form = dialog.querySelector("form");
    form.reset();
    remember(form);
    say(form.querySelector(".about"), button.dataset.about);
    say(form.querySelector(".problem"), "");
    for (const name of ["rule", "queue", "org"]) if (form.elements[name]) form.elements[name].value = button.dataset[name] || "";
    form.dataset.alert = button.dataset.alert || "";
    dialog.showModal();
    (form.elements.owner.value ? form.elements.note || form.elements.comment : form.elements.owner).focus();
  };
  const remember = (form) => {
    const owner = form.elements.owner;
    if (owner && !owner.value) owner.value = keep.get("owner") || "";
  };

  // ---- The filter asks for nothing it was not given. What a pointer chose is asked for at once; a
  // keyboard goes through choices one by one, and says when.
  const filter = (form) => {
    let pointed = false;
    form.addEventListener("pointerdown", () => { pointed = true; });
    form.addEventListener("keydown", () => { pointed = false; });
    form.addEventListener("change", (event) => { if (pointed && event.target.matches("select")) form.requestSubmit(); });
    form.addEventListener("submit", () => {
      for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
    });
    addEventListener("pageshow", () => { for (const field of form.elements) field.disabled = false; });
  };

  document.addEventListener("DOMContentLoaded", () => {
    ready(document.body);
    tick();
    setInterval(tick, 1000);
    if (page.dataset.live) listen();
    if (byId("filter")) filter(byId("filter"));
    const button = byId("theme");
    if (button) {
      const name = () => say(button, dark() ? "Light" : "Dark");
      button.hidden = false;
      button.addEventListener("click", () => { page.dataset.theme = dark() ? "light" : "dark"; keep.set("theme", page.dataset.theme); name(); });
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
      name();
    }
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-open]");
      if (opener) open(opener);
      const ender = event.target.closest("[data-end]");
      if (ender) end(ender);
      if (event.target.id === "all-alerts") {
        event.target.setAttribute("aria-expanded", String(byId("alerts").classList.toggle("all")));
        count();
      }
      const closer = event.target.closest("[data-close]");
      if (closer) closer.closest("dialog").close();
    });
    document.querySelectorAll("form.act").forEach((form) => { remember(form); form.addEventListener("submit", send); });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.closest("input, select, textarea, dialog")) return;
      const find = document.querySelector("#filter input[name=q]");
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    });
  });
})();
