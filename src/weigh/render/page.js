// The report page: tabs, links into closed parts, and charts. Without it the page is whole as well:
// both views stand one after the other, and every chart has its table.
(() => {
  "use strict";

  const tabs = [...document.querySelectorAll(".tabs a")];
  const panels = tabs.map((tab) => document.querySelector(tab.hash));

  function open(chosen) {
    tabs.forEach((tab, i) => {
      const on = i === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      panels[i].hidden = !on;
    });
  }

  function step(event) {
    const at = tabs.indexOf(event.currentTarget);
    const to = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
      " ": at,
    }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open(to);
    tabs[to].focus();
  }

  // A link may lead into the view that is not shown, or into something folded.
  function follow() {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return;
    }
    const at = panels.findIndex((panel) => target && panel.contains(target));
    if (at < 0) return;
    open(at);
    for (let part = target; part && part !== panels[at]; part = part.parentElement) {
      if (part instanceof HTMLDetailsElement) part.open = true;
    }
    const folded = target.querySelector(":scope > details");
    if (folded) folded.open = true;
    if (target === panels[at]) scrollTo(0, 0);
    else target.scrollIntoView();
  }

  document.querySelector(".tabs").setAttribute("role", "tablist");
  tabs.forEach((tab, i) => {
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[i].id);
    tab.addEventListener("keydown", step);
    panels[i].setAttribute("role", "tabpanel");
    panels[i].setAttribute("aria-labelledby", tab.id);
  });
  document.documentElement.classList.add("scripted");
  open(0);
  addEventListener("hashchange", follow);
  follow();

  if (!globalThis.weighCharts) return;
  const { View, parse, compile, expressionInterpreter } = globalThis.weighCharts;
  const read = (element) => JSON.parse(element.textContent);
  const config = read(document.getElementById("chart-config"));
  const quiet = {};
  for (const name of ["level", "error", "warn", "info", "debug"]) quiet[name] = () => quiet;
  const PRINTED = 640;
  const drawn = new WeakMap();

  function draw(place, width) {
    const specification = read(place.querySelector("script"));
    const most = specification.usermeta.most;
    const room = Math.floor(Math.min(width, most));
    // Names of rows take at most two fifths of a narrow page.
    config.axisY.labelLimit = Math.max(80, Math.min(260, Math.floor(room * 0.4)));
    const made = compile({ ...specification, width: room }, { config, logger: quiet });
    const view = new View(parse(made.spec, null, { ast: true }), {
      expr: expressionInterpreter,
      renderer: "svg",
      logger: quiet,
    });
    drawn.get(place)?.view.finalize();
    const frame = place.querySelector(".drawing");
    view.initialize(frame).run();
    // One picture with one sentence; its parts have no names of their own, and the table says them all.
    frame.setAttribute("role", "img");
    frame.querySelector("svg").setAttribute("aria-hidden", "true");
    drawn.set(place, { view, width });
    place.style.minHeight = "";
    place.classList.add("drawn");
  }

  // A chart that cannot be drawn takes no other with it; its table stays.
  function attempt(place, width) {
    try {
      draw(place, width);
    } catch (error) {
      place.hidden = true;
      console.error(error);
    }
  }

  const places = [...document.querySelectorAll(".chart")];
  const widths = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const before = drawn.get(target);
      if (before && contentRect.width > 0 && Math.abs(before.width - contentRect.width) > 4) {
        attempt(target, contentRect.width);
      }
    }
  });
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting || target.clientWidth === 0) continue;
        near.unobserve(target);
        attempt(target, target.clientWidth);
        widths.observe(target);
      }
    },
    { rootMargin: "600px" },
  );
  places.forEach((place) => {
    place.style.minHeight = `${read(place.querySelector("script")).usermeta.room}px`;
    near.observe(place);
  });
  addEventListener("beforeprint", () => {
    places.filter((place) => !drawn.has(place)).forEach((place) => attempt(place, PRINTED));
  });
})();
