// Runs in a page that is about to be printed, laid out at the width of the paper. Waits until all is drawn, fits what
// is wide, names every place that a link can lead to. Returns what is still wrong, in words for a person.
async () => {
  const article = document.querySelector(".bd-article, main");
  const faults = [];

  // Formulas may be drawn by a script, or stand in the page ready made.
  await window.MathJax?.startup?.promise;
  const pictures = [...article.querySelectorAll("img")];
  pictures.forEach(picture => { picture.loading = "eager"; });
  await Promise.allSettled(pictures.map(picture => picture.decode()));
  await document.fonts.ready;
  for (const picture of pictures.filter(one => !one.naturalWidth)) {
    faults.push(`picture isn't loaded: ${picture.getAttribute("src")}`);
  }
  for (const formula of article.querySelectorAll(".math, mjx-merror")) {
    if (formula.matches("mjx-merror") || /\\[([]/.test(formula.innerText)) {
      faults.push(`formula isn't drawn: ${formula.textContent.trim().slice(0, 60)}`);
    }
  }

  window.dispatchEvent(new Event("beforeprint")); // print.js: answers go to the end, long things may split

  const ratioOf = element => element.clientWidth / element.scrollWidth;
  const shrink = (element, ratio) => {
    const size = parseFloat(getComputedStyle(element).fontSize);
    element.style.fontSize = `${(size * ratio * 0.995).toFixed(2)}px`;
  };
  // Lines of code and of results keep their shape if that needs letters not much smaller; else they wrap.
  for (const block of article.querySelectorAll("pre")) {
    block.style.whiteSpace = "pre";
    const ratio = ratioOf(block);
    if (ratio < 1) {
      if (ratio >= 0.72) shrink(block, ratio);
      else block.style.whiteSpace = "";
    }
  }
  for (const table of article.querySelectorAll("table")) {
    const room = table.parentElement.clientWidth;
    if (table.offsetWidth > room) shrink(table, Math.max(0.65, room / table.offsetWidth));
    if (table.offsetWidth > room) table.style.overflowWrap = "anywhere";
  }
  for (const formula of article.querySelectorAll("div.math")) {
    if (ratioOf(formula) < 1) shrink(formula, ratioOf(formula));
  }
  const edges = article.getBoundingClientRect();
  for (const formula of article.querySelectorAll("span.math")) {
    const { width } = formula.getBoundingClientRect();
    if (width > edges.width) shrink(formula, edges.width / width);
  }
  for (const element of article.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    const hidden = element.closest("mjx-assistive-mml, .visually-hidden, .sr-only, svg *");
    if (!hidden && !element.firstElementChild && box.width && (box.right > edges.right + 2 || box.left < edges.left - 2)) {
      faults.push(`wider than the paper: ${element.outerHTML.slice(0, 100)}`);
    }
  }

  // Files for download can't be had on paper.
  for (const link of article.querySelectorAll("a[href]")) {
    const { protocol, host, pathname } = link;
    if (host === location.host && protocol === location.protocol && !/\/[^/]+\.html$/.test(pathname)) {
      link.removeAttribute("href");
    }
  }
  // Chromium notes the place of what the page itself links to, and of nothing else.
  const places = document.createElement("div");
  places.hidden = true;
  for (const { id } of article.querySelectorAll("[id]")) {
    places.append(Object.assign(document.createElement("a"), { href: `#${encodeURIComponent(id)}` }));
  }
  document.body.append(places);
  return faults;
}
