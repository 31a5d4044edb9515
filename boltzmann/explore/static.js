// The explorer as a file: tables in place of a solver. Arguments: models, start, knobs, planes, grids, lab, words, colours, texts.
const G = globalThis;
const state = {...start};
const number = value => String(Number(value.toPrecision(4)));
const place = (axis, value) => {            // index and weight in a logarithmic axis, clamped
  const t = (Math.log(value) - Math.log(axis[0])) / (Math.log(axis[axis.length - 1]) - Math.log(axis[0])) * (axis.length - 1);
  const x = Math.min(Math.max(t, 0), axis.length - 1), k = Math.min(Math.floor(x), axis.length - 2);
  return [k, x - k];
};
const lookup = (axes, values, point) => {   // linear in every logarithm
  const places = axes.map((axis, d) => place(axis, Math.max(point[d], axis[0])));
  let sum = 0;
  for (let corner = 0; corner < 1 << axes.length; corner++) {
    let index = 0, weight = 1;
    axes.forEach((axis, d) => {
      const upper = (corner >> d) & 1, [k, w] = places[d];
      index = index * axis.length + k + upper;
      weight *= upper ? w : 1 - w;
    });
    if (weight > 0) sum += weight * values[index];
  }
  return sum;
};
const word = (delta, limits) => words[limits.filter(limit => delta >= limit).length];
const bar = delta => {
  const share = 50 * Math.min(Math.abs(delta) / 25, 1), left = delta > 0 ? 50 : 50 - share;
  return `<span class="bar"><i style="left:${left}%;width:${share}%;background:${delta > 0 ? "#a3001b" : "#00664b"}"></i></span>`;
};
const line = (name, delta, limits) => {
  const said = word(delta, limits);
  return `<tr><td>${name}</td><td>${delta < 0 ? "" : "+"}${delta.toFixed(1)}</td><td>${bar(delta)}</td><td style="color:${colours[said]}">${said}</td></tr>`;
};
const laboratory = () => lab.experiments.map(e => {
  const amplitude = e.channel === "ee" ? state.Ue4_sq : e.channel === "mumu" ? state.Umu4_sq : 4 * state.Ue4_sq * state.Umu4_sq;
  return [e.name, lookup([lab.dm2_41, e.amplitude], e.table, [state.dm2_41, amplitude])];
});
const answer = () => {
  const grid = grids[state.interaction], point = grid.names.map(name => state[name]);
  const N_eff = lookup(grid.axes, grid.N_eff, point), m_eff = lookup(grid.axes, grid.m_eff, point);
  const roots = grid.data.map(([name, values]) => [name, lookup(grid.axes, values, point)]);
  const cmb = roots.map(([name, root]) => [name, root * Math.abs(root)]), experiments = laboratory();
  const seen = experiments.filter(([, delta]) => Number.isFinite(delta));
  const together = seen.reduce((sum, [, delta]) => sum + delta, 0);
  const all = [...cmb.map(([, delta]) => word(delta, lab.limits[0])), word(together, lab.limits[1])];
  const worst = words[Math.max(...all.map(said => words.indexOf(said)))];
  const mass = Number.isFinite(m_eff) ? m_eff.toPrecision(3) + " eV" : "none (fluid)";
  models.headline.text = `<p class="numbers">N<sub>eff</sub> = <b id="N_eff">${N_eff.toFixed(2)}</b> &ensp; m<sub>eff</sub> = <b>${mass}</b></p>`
    + `<p class="word" style="background:${colours[worst]}">${worst}</p>`;
  models.judges.text = "<table><tr><th>judge</th><th>Δχ²</th><th>better | worse</th><th></th></tr>"
    + cmb.map(([name, delta]) => line(name, delta, lab.limits[0])).join("")
    + line(`laboratory, ${seen.length} together`, together, lab.limits[1])
    + seen.map(([name, delta]) => line(name, delta, lab.limits[0])).join("") + "</table>";
  models.status.text = grid.status;
};
const commands = () => {
  const fill = text => text.replace(/\{(\w+)\}/g, (_, name) => number(state[name]));
  const found = Object.fromEntries(Object.entries(texts[state.interaction]).map(([name, text]) => [name, [fill(text)]]));
  models.commands.data = found;
  models.command.text = "<pre>" + found[models.language.labels[models.language.active]][0].replace(/&/g, "&amp;").replace(/</g, "&lt;") + "</pre>";
  const changed = Object.keys(state).filter(name => String(state[name]) !== String(start[name]));
  models.share.text = changed.map(name => `${name}=${typeof state[name] === "number" ? number(state[name]) : state[name]}`).join("&amp;");
};
let showing = false;
const show = () => {
  showing = true;
  const grid = grids[state.interaction];
  Object.assign(state, grid.fixed);
  for (const [name, knob] of Object.entries(knobs)) {
    const slider = models.sliders[name], box = models.fields[name], value = state[name];
    slider.value = Math.log10(Math.max(value, knob.low));
    box.value = number(value);
    slider.visible = box.visible = grid.names.includes(name) || name in grid.fixed;
    slider.disabled = box.disabled = name in grid.fixed;
  }
  models.interaction.active = Object.keys(grids).indexOf(state.interaction);
  models.plane.value = state.plane;
  for (const name of Object.keys(planes)) models.planes[name].visible = models.captions[name].visible = name === state.plane;
  const [x, y] = planes[state.plane];
  const across = x === "sin2_2theta_mue" ? 4 * state.Ue4_sq * state.Umu4_sq : Math.max(state[x], knobs[x].low);
  models.marker.data = {x: [Math.max(across, 1e-12)], y: [state[y]]};
  commands();
  answer();
  showing = false;
};
const clamp = (name, value) => {
  const {low, high, zero} = knobs[name];
  return zero && value <= low ? 0 : Number(Math.min(Math.max(value, low), high).toPrecision(4));
};
const move = changes => {
  if (showing) return;
  for (const [name, value] of Object.entries(changes)) {
    if (name in knobs) { if (Number.isFinite(value)) state[name] = clamp(name, value); }
    else if (name === "interaction" && value in grids || name === "plane" && value in planes) state[name] = value;
  }
  if (state.plane in grids && "plane" in changes) state.interaction = state.plane;
  if (state.plane in grids && state.plane !== state.interaction) state.plane = "mue";
  show();
};
const at = (x, y) => {
  const [across, up] = planes[state.plane];
  if (across !== "sin2_2theta_mue") return move({[across]: x, [up]: y});
  const both = state.Ue4_sq > 0 && state.Umu4_sq > 0, factor = Math.sqrt(x / (4 * state.Ue4_sq * state.Umu4_sq));
  const [e, mu] = both ? [state.Ue4_sq * factor, state.Umu4_sq * factor] : [Math.sqrt(x) / 2, Math.sqrt(x) / 2];
  move({Ue4_sq: e, Umu4_sq: mu, [up]: y});
};
G.explorer = {move, at};
const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
move(Object.fromEntries(Object.entries(given).map(([name, text]) => [name, name in knobs ? Number(text) : text])));
