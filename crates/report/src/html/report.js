"use strict";
// The report in the browser. Text of the repository reaches the page as text nodes only.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const PAGE = 200;
  const MAP_NODES = 60;
  const SEVERITIES = ["critical", "high", "medium", "low"];

  /** An element: attributes, listeners (`on…`), children. */
  function el(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }
  function svg(tag, attributes, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
    return node;
  }
  /** A sentence: what stands in backticks is code. */
  function sentence(text) {
    return text.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
  }
  const party = (i) => data.parties[i];
  const called = (p) => `${p.kind} ${p.name}`;
  const place = (i) => (i === null ? null : data.excerpts[i]);
  const at = (excerpt) => (excerpt ? `${excerpt.path}:${excerpt.line}:${excerpt.column}` : "in no file");

  // ---- Theme -------------------------------------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  function paint() {
    document.documentElement.dataset.theme = chosen || (dark.matches ? "dark" : "light");
  }
  dark.addEventListener("change", paint);
  $("theme").addEventListener("click", () => {
    chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    paint();
  });
  paint();

  // ---- Filters -----------------------------------------------------------------------------------------------

  const findings = data.findings;
  for (const f of findings) {
    const who = party(f.principal);
    const role = f.role === null ? null : party(f.role);
    f.text = [f.message, f.rule, f.technique, who.name, who.address, role && role.name, role && role.address, at(place(f.location))]
      .join("\n")
      .toLowerCase();
    f.paths = new Set(f.steps.map((s) => place(s.location)).filter(Boolean).map((e) => e.path));
    if (f.location !== null) f.paths.add(place(f.location).path);
  }
  for (const severity of SEVERITIES) {
    const n = findings.filter((f) => f.severity === severity && !f.accepted).length;
    $("chips").append(chip(`sev-${severity}`, severity, n, true));
  }
  const accepted = findings.filter((f) => f.accepted).length;
  if (accepted) $("chips").append(chip("accepted", "accepted", accepted, false));
  function chip(id, text, n, on) {
    const box = el("input", { type: "checkbox", id });
    box.defaultChecked = on;
    box.checked = on;
    return el("label", { class: "chip" }, box, el("span", { class: `sev ${text}` }, text), `${n}`);
  }
  function options(id, values, known) {
    const sorted = [...new Set(values)].sort();
    $(id).append(...sorted.slice(0, 2000).map((v) => el("option", { value: v }, known ? v : "")));
  }
  options("principals", findings.map((f) => party(f.principal).address));
  options("roles", findings.filter((f) => f.role !== null).map((f) => party(f.role).address));
  options("files", findings.flatMap((f) => [...f.paths]));
  $("rule").append(el("option", { value: "" }, "any"));
  options("rule", findings.map((f) => f.rule), true);

  function matches(f) {
    if (f.accepted ? !($("accepted") && $("accepted").checked) : !$(`sev-${f.severity}`).checked) return false;
    const has = (id, text) => text.toLowerCase().includes($(id).value.trim().toLowerCase());
    if (!$("q").value.toLowerCase().split(/\s+/).every((word) => f.text.includes(word))) return false;
    if (!has("principal", party(f.principal).address)) return false;
    if ($("role").value && !(f.role !== null && has("role", party(f.role).address))) return false;
    if ($("file").value && ![...f.paths].some((path) => has("file", path))) return false;
    return !$("rule").value || f.rule === $("rule").value;
  }

  // ---- The list ----------------------------------------------------------------------------------------------

  const list = $("list");
  let shown = findings;
  let drawn = 0;
  let current = null;
  let step = 0;

  function filter() {
    shown = findings.filter(matches);
    $("count").textContent = `${shown.length} of ${findings.length} shown`;
    list.replaceChildren();
    drawn = 0;
    more();
    list.scrollTop = 0;
    if (!shown.includes(current)) select(shown[0] || null, false);
    else mark();
    if (!$("map").hidden) drawMap();
  }
  function more() {
    const batch = shown.slice(drawn, drawn + PAGE);
    list.append(...batch.map((f, i) => row(f, drawn + i)));
    drawn += batch.length;
    $("next-page").hidden = drawn >= shown.length;
    $("next-page").textContent = `Show more (${shown.length - drawn} left)`;
    if (!shown.length) list.append(el("li", { class: "empty", role: "none" }, "No finding matches."));
  }
  function row(f, i) {
    const role = f.role === null ? null : party(f.role).address;
    const sure = f.certain ? "" : " (possible)";
    return el(
      "li",
      { role: "option", id: `f${f.index}`, "aria-selected": "false", "aria-posinset": i + 1, "aria-setsize": shown.length, onclick: () => pick(f) },
      el("div", { class: "head" }, el("span", { class: `sev ${f.severity}` }, f.severity + sure), el("span", {}, f.rule + (f.hops.length > 1 ? `, ${f.hops.length} hops` : ""))),
      el("div", { class: "what" }, sentence(f.message)),
      el("div", { class: "where" }, at(place(f.location)), role ? ` → ${role}` : ""),
    );
  }
  function mark() {
    for (const old of list.querySelectorAll('[aria-selected="true"]')) old.setAttribute("aria-selected", "false");
    const item = current && $(`f${current.index}`);
    if (!item) return list.removeAttribute("aria-activedescendant");
    item.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", item.id);
    return item;
  }
  let addressed = 0;
  function select(f, scroll) {
    current = f;
    step = f ? Math.max(0, f.steps.findIndex((s) => s.location !== null && s.location === f.location)) : 0;
    while (f && drawn < shown.length && shown.indexOf(f) >= drawn) more();
    const item = mark();
    if (item && scroll) item.scrollIntoView({ block: "nearest" });
    clearTimeout(addressed);
    addressed = setTimeout(() => f && history.replaceState(null, "", `#${f.fingerprint}`), 200);
    detail();
    if (!$("map").hidden) drawMap();
  }
  function pick(f) {
    select(f, false);
    // Where the finding is below the list, it is what is wanted now.
    if (matchMedia("(max-width: 900px)").matches) $("view").scrollIntoView();
  }
  list.addEventListener("keydown", (event) => {
    const now = shown.indexOf(current);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: shown.length - 1, PageDown: now + 8, PageUp: now - 8 }[event.key];
    if (event.key === "Enter") {
      event.preventDefault();
      tab("finding");
      return $("detail").focus();
    }
    if (to === undefined || !shown.length) return;
    event.preventDefault();
    select(shown[Math.min(shown.length - 1, Math.max(0, to))], true);
  });
  $("next-page").addEventListener("click", more);
  new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && drawn < shown.length && more(), { root: list, rootMargin: "400px" }).observe(
    $("next-page"),
  );
  list.addEventListener("scroll", () => {
    if (drawn < shown.length && list.scrollTop + list.clientHeight > list.scrollHeight - 600) more();
  });
  let timer = 0;
  $("filters").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 60);
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(filter, 0));

  // ---- One finding -------------------------------------------------------------------------------------------

  let parts = null;
  function detail() {
    const box = $("detail");
    const f = current;
    if (!f) return box.replaceChildren(el("p", { class: "empty" }, findings.length ? "No finding is selected." : "Nothing was found."));
    const rule = data.rules[f.rule];
    const sure = f.certain ? "certain" : "possible";
    const picture = el("div", { class: "picture" });
    const steps = el("ol", { role: "listbox", tabindex: "0", "aria-label": "Steps of the path", onkeydown: walk });
    const source = el("div", { class: "source" });
    box.replaceChildren(
      el("h2", {}, sentence(f.message)),
      el(
        "p",
        { class: "meta" },
        el("span", { class: `sev ${f.severity}` }, f.severity),
        el("span", {}, sure),
        rule ? el("a", { href: rule.url, rel: "noopener noreferrer" }, f.rule) : f.rule,
        el("span", {}, f.technique),
        el("span", { class: "mono" }, at(place(f.location))),
      ),
      f.accepted ? el("p", { class: "meta" }, `Accepted: ${f.accepted}`) : "",
      picture,
      el("div", { class: "walk" }, el("div", { class: "steps" }, steps), source),
      facts(f),
    );
    parts = { picture, steps, source };
    listSteps(f, steps);
    drawPath(f, picture);
    show(false);
  }
  function listSteps(f, box) {
    f.steps.forEach((s, i) => {
      const hop = f.hops.length > 1 ? f.hops.findIndex((h) => h.first === i) : -1;
      if (hop >= 0) box.append(el("li", { class: "hop", role: "presentation" }, `Hop ${hop + 1} of ${f.hops.length}: `, sentence(f.hops[hop].told)));
      box.append(
        el("li", { role: "option", id: `s${i}`, "aria-selected": "false", onclick: () => go(i) }, el("span", { class: "n" }, `${i + 1}.`), el("span", {}, sentence(s.message))),
      );
    });
  }
  function facts(f) {
    const pairs = [];
    const add = (name, ...told) => pairs.push(el("dt", {}, name), el("dd", {}, ...told));
    if (f.witness) add("Witness", el("code", {}, f.witness));
    if (f.gain) add("Gain", f.gain);
    for (const a of f.assumptions) add("Assuming", ...sentence(a));
    for (const n of f.notes) add("Note", ...sentence(n));
    if (f.fix) {
      const where = f.fix.location === null ? "" : ` (at ${at(place(f.fix.location))})`;
      add("Fix", ...sentence(f.fix.summary), where, f.fix.snippet ? el("pre", { tabindex: "0", "aria-label": "Suggested text" }, f.fix.snippet) : "");
    }
    add("Identity", el("code", {}, f.fingerprint));
    return el("dl", {}, pairs);
  }
  function walk(event) {
    const last = current.steps.length - 1;
    const to = { ArrowDown: step + 1, ArrowRight: step + 1, ArrowUp: step - 1, ArrowLeft: step - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.min(last, Math.max(0, to)));
  }
  function go(i) {
    step = i;
    show(true);
  }
  function show(aloud) {
    const f = current;
    for (const old of parts.steps.querySelectorAll('[aria-selected="true"]')) old.setAttribute("aria-selected", "false");
    const item = parts.steps.querySelector(`#s${step}`);
    if (item) {
      item.setAttribute("aria-selected", "true");
      parts.steps.setAttribute("aria-activedescendant", item.id);
    }
    parts.source.replaceChildren(...excerpt(f));
    const lines = parts.source.querySelector("pre");
    const meant = lines && lines.querySelector("mark");
    if (meant) lines.scrollLeft = meant.offsetLeft + Math.min(meant.offsetWidth, lines.clientWidth / 2) + 40 - lines.clientWidth;
    for (const node of parts.picture.querySelectorAll("[data-steps]")) {
      node.classList.toggle("on", node.dataset.steps.split(" ").includes(`${step}`));
    }
    const s = f.steps[step];
    if (aloud && s) $("said").textContent = `Step ${step + 1} of ${f.steps.length}: ${s.message.replaceAll("`", "")}, ${at(place(s.location))}`;
  }
  function excerpt(f) {
    const s = f.steps[step];
    if (!s) return [];
    const e = place(s.location);
    const button = (id, text, to) => {
      const b = el("button", { type: "button", id, onclick: () => (go(to), $(id).disabled || $(id).focus()) }, text);
      b.disabled = to < 0 || to >= f.steps.length;
      return b;
    };
    const bar = el(
      "div",
      { class: "bar" },
      el("span", { class: "place mono" }, at(e)),
      button("previous", "Previous", step - 1),
      button("next", "Next", step + 1),
    );
    const told = el("p", { class: "meta" }, `${step + 1} of ${f.steps.length}: `, el("span", {}, sentence(s.message)));
    if (!e) return [bar, told, el("p", { class: "empty" }, "This stands in no file of the repository: AWS manages it.")];
    const lines = e.lines.map((line, i) =>
      el("span", { class: "ln" }, el("span", { class: "no", "aria-hidden": "true" }, `${e.first + i}`), line[0], line[1] ? el("mark", {}, line[1]) : null, line[2], "\n"),
    );
    return [bar, told, el("pre", { tabindex: "0", "aria-label": `${e.path}, from line ${e.first}` }, lines)];
  }

  // ---- The picture of a path ---------------------------------------------------------------------------------

  /** Nodes and edges of a path in the order of the story, each with the numbers of its steps. */
  function story(f) {
    const nodes = [];
    const push = (kind, name, type, steps, edge) => nodes.push({ kind, name, type, steps, edge });
    const range = (hop, kinds) => {
      const all = [];
      for (let i = hop.first; i < hop.first + hop.steps; i++) if (kinds.includes(f.steps[i].kind)) all.push(i);
      return all;
    };
    const who = party(f.principal);
    const hops = f.hops.length ? f.hops : [{ first: 0, steps: f.steps.length, to: null, through: null, does: f.technique }];
    push(who.kind, who.name, "principal", range(hops[0], ["principal", "wiring"]), null);
    hops.forEach((hop, i) => {
      const self = hop.to !== null && party(hop.to).address === party(hop.from).address;
      const does = { label: hop.does, steps: range(hop, ["launch", "pass", "assume"]) };
      const next = f.hops[i + 1] ? range(f.hops[i + 1], ["principal", "wiring"]) : [];
      const profile = range(hop, ["profile"]);
      const rest = range(hop, ["compute"]);
      let edge = does;
      const launches = range(hop, ["launch"]).length > 0;
      if (hop.through !== null) {
        push(party(hop.through).kind, party(hop.through).address, "compute", rest, edge);
        edge = { label: "runs as", steps: range(hop, ["trust"]) };
      } else if (launches) {
        push("new compute", hop.technique || f.technique, "compute", rest, edge);
        edge = { label: "runs as", steps: range(hop, ["trust"]) };
      } else if (!self) edge.steps = edge.steps.concat(range(hop, ["trust"]));
      if (profile.length) {
        const named = /`([^`]*)`/.exec(f.steps[profile[0]].message);
        push("instance profile", named ? named[1] : "", "profile", profile, edge);
        edge = { label: "", steps: [] };
      }
      if (hop.to === null) push("roles", "of an open pattern", "role", range(hop, ["gain", "trust"]), edge);
      else push(party(hop.to).kind, party(hop.to).name, "role", range(hop, ["role"]).concat(next), edge);
    });
    if (f.witness) {
      const last = hops[hops.length - 1];
      push("witness", f.witness, "gain", range(last, ["gain"]), { label: "gains", steps: range(last, ["gain"]) });
    }
    return nodes;
  }
  const NODE = { w: 176, h: 58 };
  function clip(text, letters) {
    const all = [...text];
    return all.length > letters ? `${all.slice(0, letters - 1).join("")}…` : text;
  }
  function box(node, x, y, label, attributes) {
    return svg(
      "g",
      { class: `node ${node.type}`, transform: `translate(${x},${y})`, tabindex: "0", role: "button", ...attributes },
      svg("title", {}, label),
      svg("rect", { width: NODE.w, height: NODE.h, rx: node.type === "principal" ? 29 : node.type === "gain" ? 2 : 9 }),
      svg("text", { class: "kind", "aria-hidden": "true", x: NODE.w / 2, y: 22, "text-anchor": "middle" }, clip(node.kind, 26)),
      svg("text", { "aria-hidden": "true", x: NODE.w / 2, y: 41, "text-anchor": "middle" }, clip(node.name, 21)),
    );
  }
  function arrow(id) {
    return svg("defs", {}, svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 10, markerHeight: 10, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, svg("path", { d: "M0,0 L8,4 L0,8 z", fill: "context-stroke" })));
  }
  function pressed(act) {
    return {
      onclick: act,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      },
    };
  }
  function drawPath(f, into) {
    const nodes = story(f);
    const gap = 118;
    room ||= into.clientWidth;
    const width = Math.max(room - 2, NODE.w + 40);
    const perRow = Math.max(1, Math.floor((width - 40 + gap) / (NODE.w + gap)));
    const cells = nodes.map((_, i) => ({ x: 20 + (i % perRow) * (NODE.w + gap), y: 20 + Math.floor(i / perRow) * (NODE.h + 60) }));
    const height = cells[cells.length - 1].y + NODE.h + 20;
    const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Picture of the path" }, arrow("tip"));
    nodes.forEach((node, i) => {
      if (i === 0) return;
      const [a, b] = [cells[i - 1], cells[i]];
      const same = a.y === b.y;
      const middle = a.y + NODE.h + 30;
      const d = same
        ? `M${a.x + NODE.w},${a.y + NODE.h / 2} L${b.x - 2},${b.y + NODE.h / 2}`
        : `M${a.x + NODE.w / 2},${a.y + NODE.h} L${a.x + NODE.w / 2},${middle} L${b.x + NODE.w / 2},${middle} L${b.x + NODE.w / 2},${b.y - 2}`;
      picture.append(svg("path", { d, "marker-end": "url(#tip)", "data-steps": node.edge.steps.join(" ") }));
      const label = clip(node.edge.label, same ? 34 : 60);
      if (same) {
        // Two lines beside each other's arrow.
        const words = label.split(" ");
        const lines = [""];
        for (const word of words) {
          const last = lines[lines.length - 1];
          if (last && last.length + word.length > 15) lines.push(word);
          else lines[lines.length - 1] = last ? `${last} ${word}` : word;
        }
        const x = a.x + NODE.w + gap / 2 - 2;
        lines.slice(0, 3).forEach((line, n) => picture.append(svg("text", { class: "label", x, y: a.y + NODE.h / 2 - 7 - 13 * (Math.min(lines.length, 3) - 1 - n), "text-anchor": "middle" }, line)));
      } else {
        picture.append(svg("text", { class: "label", x: (a.x + b.x) / 2 + NODE.w / 2 + (perRow === 1 ? 12 : 0), y: middle - 6, "text-anchor": perRow === 1 ? "start" : "middle" }, label));
      }
    });
    nodes.forEach((node, i) => {
      const steps = [...new Set([...node.steps, ...(node.edge ? node.edge.steps : [])])];
      const first = node.steps.length ? node.steps[0] : steps[0];
      const act = () => first !== undefined && go(first);
      const label = `${node.kind} ${node.name}${first === undefined ? "" : `, step ${first + 1}`}`;
      picture.append(box(node, cells[i].x, cells[i].y, label, { "data-steps": node.steps.join(" "), ...pressed(act) }));
    });
    into.replaceChildren(picture);
  }
  // Columns for a picture, measured anew when they change: to measure is to lay out the page.
  let room = 0;
  let resized = 0;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => {
      room = 0;
      if (current && !$("detail").hidden) {
        drawPath(current, parts.picture);
        show(false);
      }
      if (!$("map").hidden) drawMap();
    }, 120);
  });

  // ---- The map -----------------------------------------------------------------------------------------------

  /** Whom and what the findings shown are about, and who gains whom. */
  function graph() {
    const nodes = new Map();
    const edges = new Map();
    const node = (i, type) => {
      const p = party(i);
      if (!nodes.has(p.address)) nodes.set(p.address, { id: p.address, kind: p.kind, name: p.name, type, n: 0, out: [], layer: 0 });
      const found = nodes.get(p.address);
      found.n += 1;
      if (type === "role" && found.type === "principal" && found.kind === "role") found.type = "role";
      return found;
    };
    const link = (a, b, f) => {
      const key = `${a.id}\n${b.id}`;
      if (!edges.has(key)) edges.set(key, { a, b, findings: new Set() });
      edges.get(key).findings.add(f);
    };
    for (const f of shown) {
      if (!f.hops.length) node(f.principal, "principal");
      for (const hop of f.hops) {
        const from = node(hop.from, "principal");
        let last = from;
        if (hop.through !== null) {
          const via = node(hop.through, "compute");
          link(last, via, f);
          last = via;
        }
        const to = node(hop.to, party(hop.to).kind === "role" ? "role" : "principal");
        if (to !== last) link(last, to, f);
      }
    }
    return { nodes: [...nodes.values()], edges: [...edges.values()] };
  }
  /** A layer for each node: one after everything that leads to it, edges of a circle aside. */
  function layers(nodes, edges) {
    const out = new Map(nodes.map((n) => [n, []]));
    for (const e of edges) out.get(e.a).push(e.b);
    const state = new Map();
    const order = [];
    const back = new Set();
    for (const root of nodes) {
      const stack = [[root, 0]];
      while (stack.length) {
        const top = stack[stack.length - 1];
        const [n, i] = top;
        if (i === 0 && state.has(n)) {
          stack.pop();
          continue;
        }
        state.set(n, "open");
        const next = out.get(n)[i];
        if (next === undefined) {
          state.set(n, "done");
          order.push(n);
          stack.pop();
        } else {
          top[1] += 1;
          if (state.get(next) === "open") back.add(`${n.id}\n${next.id}`);
          else if (!state.has(next)) stack.push([next, 0]);
        }
      }
    }
    for (const n of nodes) n.layer = 0;
    for (const n of order.reverse()) {
      for (const next of out.get(n)) if (!back.has(`${n.id}\n${next.id}`)) next.layer = Math.max(next.layer, n.layer + 1);
    }
    const columns = [];
    for (const n of nodes) (columns[n.layer] ||= []).push(n);
    return columns.filter(Boolean);
  }
  /** Fewer crossings: each node to the middle of its neighbours, there and back, a few times. */
  function untangle(columns, edges) {
    const near = new Map();
    for (const e of edges) {
      near.set(e.a, [...(near.get(e.a) || []), e.b]);
      near.set(e.b, [...(near.get(e.b) || []), e.a]);
    }
    for (const column of columns) column.forEach((n, i) => (n.row = i));
    for (let sweep = 0; sweep < 6; sweep++) {
      for (const column of sweep % 2 ? [...columns].reverse() : columns) {
        for (const n of column) {
          const rows = (near.get(n) || []).map((m) => m.row);
          n.pull = rows.length ? rows.reduce((a, b) => a + b, 0) / rows.length : n.row;
        }
        column.sort((a, b) => a.pull - b.pull || (a.id < b.id ? -1 : 1));
        column.forEach((n, i) => (n.row = i));
      }
    }
  }
  /** The way of each edge through the columns between its ends, where it has a lane of its own. */
  function stretch(columns, edges) {
    const at = new Map(columns.flatMap((column, i) => column.map((n) => [n, i])));
    return edges.map((e) => {
      const way = [e.a];
      for (let i = at.get(e.a) + 1; i < at.get(e.b); i++) {
        const lane = { id: `${e.a.id}\n${e.b.id}`, lane: true };
        columns[i].push(lane);
        way.push(lane);
      }
      return [...way, e.b];
    });
  }
  function curve(way) {
    const [a, b] = [way[0], way[way.length - 1]];
    const middle = (n) => n.y + NODE.h / 2;
    if (a.x >= b.x) {
      const [x1, x2] = [a.x + NODE.w / 2, b.x + NODE.w / 2];
      return `M${x1},${a.y} C${x1},${a.y - 40} ${x2},${b.y - 40} ${x2},${b.y - 2}`;
    }
    let [x, y] = [a.x + NODE.w, middle(a)];
    let d = `M${x},${y}`;
    for (const n of way.slice(1)) {
      const to = n === b ? n.x - 2 : n.x;
      d += ` C${(x + to) / 2},${y} ${(x + to) / 2},${middle(n)} ${to},${middle(n)}`;
      [x, y] = [to, middle(n)];
      if (n.lane) {
        x = n.x + NODE.w;
        d += ` L${x},${y}`;
      }
    }
    return d;
  }
  function drawMap() {
    const all = graph();
    const kept = new Set([...all.nodes].sort((a, b) => b.n - a.n).slice(0, MAP_NODES));
    const nodes = all.nodes.filter((n) => kept.has(n));
    const edges = all.edges.filter((e) => kept.has(e.a) && kept.has(e.b));
    const into = $("map");
    if (!nodes.length) return into.replaceChildren(el("p", { class: "empty" }, "No finding matches."));
    const columns = layers(nodes, edges);
    const crowded = edges.length > 60;
    const lanes = crowded ? edges.map((e) => [e.a, e.b]) : stretch(columns, edges);
    untangle(columns, lanes.flatMap((lane) => lane.slice(1).map((n, i) => ({ a: lane[i], b: n }))));
    const high = (n) => (n.lane ? 14 : NODE.h + 16);
    const tall = Math.max(...columns.map((c) => c.reduce((sum, n) => sum + high(n), 0))) + 40;
    const wide = Math.max(into.clientWidth - 4, columns.length * (NODE.w + 44) - 4);
    const gap = columns.length > 1 ? (wide - 40 - NODE.w) / (columns.length - 1) : 0;
    columns.forEach((column, i) => {
      const spare = (tall - 40 - column.reduce((sum, n) => sum + high(n), 0)) / column.length;
      let y = 20;
      for (const n of column) {
        n.x = 20 + i * gap;
        n.y = y + (spare + high(n) - NODE.h) / 2;
        y += spare + high(n);
      }
    });
    // Shown smaller where that makes it fit, and no smaller than can be read.
    const scale = Math.max(0.72, Math.min(1, (into.clientWidth - 4) / wide));
    const picture = svg(
      "svg",
      { width: wide * scale, height: tall * scale, viewBox: `0 0 ${wide} ${tall}`, class: crowded ? "crowded" : null, role: "group", "aria-label": "Map of who gains whom" },
      arrow("tip-map"),
    );
    edges.forEach((e, i) => {
      const title = svg("title", {}, `${called(e.a)} to ${called(e.b)}: ${e.findings.size} findings`);
      picture.append(svg("path", { d: curve(lanes[i]), "marker-end": "url(#tip-map)", class: current && e.findings.has(current) ? "on" : "" }, title));
    });
    for (const n of nodes) {
      const field = n.type === "role" && findings.some((f) => f.role !== null && party(f.role).address === n.id) ? "role" : "principal";
      const narrow = () => {
        $(field).value = $(field).value === n.id ? "" : n.id;
        $("more").open = true;
        filter();
      };
      // Compute is no field to filter by.
      if (n.type === "compute") picture.append(box(n, n.x, n.y, called(n), { role: "img", tabindex: null }));
      else picture.append(box(n, n.x, n.y, `${called(n)}, filter by it`, pressed(narrow)));
    }
    const left = all.nodes.length - nodes.length;
    const told = left > 0 ? `The ${nodes.length} that most findings are about; ${left} more are not drawn. Narrow the filters to see them.` : "Principals lead to what they gain. Choose one to see its findings alone.";
    into.replaceChildren(el("p", { class: "meta" }, told), el("div", { class: "picture" }, picture));
  }

  // ---- Coverage, tabs, start ---------------------------------------------------------------------------------

  function drawCoverage() {
    const c = data.coverage;
    const gaps = (title, all) => (all.length ? [el("h3", {}, title), el("ul", {}, all.map((g) => el("li", {}, sentence(g))))] : []);
    $("coverage").replaceChildren(
      el("h2", {}, "What was analysed"),
      el("p", {}, c.told),
      el("ul", {}, c.roots.map((r) => el("li", {}, r))),
      ...gaps("Not analysed", c.gaps),
      ...gaps("Notes", c.notes),
      c.gaps.length || c.notes.length ? "" : el("p", { class: "meta" }, "Everything that was found could be analysed."),
    );
  }
  const TABS = ["finding", "map", "coverage"];
  const panel = { finding: "detail", map: "map", coverage: "coverage" };
  function tab(name) {
    for (const t of TABS) {
      $(`tab-${t}`).setAttribute("aria-selected", `${t === name}`);
      $(`tab-${t}`).tabIndex = t === name ? 0 : -1;
      $(panel[t]).hidden = t !== name;
    }
    if (name === "map") drawMap();
    if (name === "coverage") drawCoverage();
    if (name === "finding") detail();
  }
  for (const t of TABS) {
    $(`tab-${t}`).addEventListener("click", () => tab(t));
    $(`tab-${t}`).addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = TABS[(TABS.indexOf(t) + by + TABS.length) % TABS.length];
      tab(next);
      $(`tab-${next}`).focus();
    });
  }
  const named = findings.find((f) => `#${f.fingerprint}` === location.hash);
  current = named || null;
  filter();
  if (current) select(current, true);
  addEventListener("hashchange", () => {
    const f = findings.find((g) => `#${g.fingerprint}` === location.hash);
    if (f) select(f, true);
  });
})();
