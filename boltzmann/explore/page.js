// Keyboard and labels of the explorer. Arrow keys move the point unless a field, slider or button has the focus.
(() => {
  const doc = () => Bokeh.documents[0];
  const named = name => doc().get_model_by_name(name);
  const step = (name, sign, factor) => {
    const slider = named("slider_" + name);
    slider.value = Math.min(slider.end, Math.max(slider.start, slider.value + sign * factor * slider.step));
  };
  const move = (axis, sign, large) => {
    const name = AXES[named("plane").value][axis], factor = large ? 10 : 2;
    if (name === "sin2_2theta_mue") ["Ue4_sq", "Umu4_sq"].forEach(n => step(n, sign, factor / 2));
    else step(name, sign, factor);
  };
  const KEYS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1]};
  document.addEventListener("keydown", event => {
    const target = event.composedPath()[0];
    const busy = target.matches && target.matches("input, select, textarea, button, [role=slider]");
    if (busy || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in KEYS) { move(...KEYS[event.key], event.shiftKey); event.preventDefault(); }
    if (event.key === "l") document.body.classList.toggle("lecture");
  });
  const labelled = () => {
    for (const model of doc()._all_models.values()) {
      const text = (model.tags || []).find(tag => typeof tag === "string" && tag.startsWith("aria:"));
      const view = text && Bokeh.index.find_one(model);
      if (view) view.shadow_el.querySelectorAll("input, select, [role=slider], button")
        .forEach(part => part.setAttribute("aria-label", text.slice(5) + (part.tagName === "BUTTON" ? " " + part.textContent : "")));
    }
  };
  const wait = () => (window.Bokeh && Bokeh.documents.length && doc().is_idle) ? (labelled(), document.body.dataset.ready = "yes") : setTimeout(wait, 50);
  wait();
})();
