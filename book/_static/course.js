// Mends what the theme leaves wrong for people who use a keyboard or a screen reader.

// A name that differs from the visible text can't be spoken to a voice control: let the text be the name.
function dropMisleadingNames() {
  for (const element of document.querySelectorAll(".search-button-field, summary[aria-label]")) {
    element.removeAttribute("aria-label");
  }
  // An icon is a letter of a font of its own, and some readers say "private use" for it.
  for (const icon of document.querySelectorAll(":is(i, span)[class*='fa-']")) {
    icon.setAttribute("aria-hidden", "true");
    icon.removeAttribute("title");
  }
}

// The sidebar's title and search field lie outside of every landmark.
function nameSidebar() {
  const sidebar = document.getElementById("pst-primary-sidebar");
  if (sidebar) {
    sidebar.setAttribute("role", "region");
    sidebar.setAttribute("aria-label", "Sidebar");
  }
}

// What opens a panel is named after what is in it, and so is the panel.
function nameControls() {
  const names = {
    ".primary-toggle, #pst-primary-sidebar-modal": "Contents of the book",
    ".secondary-toggle, #pst-secondary-sidebar-modal": "Contents of this page",
    "#pst-search-dialog": "Search",
  };
  for (const [selector, name] of Object.entries(names)) {
    document.querySelectorAll(selector).forEach((element) => {
      element.setAttribute("aria-label", name);
      if (element.dataset.bsToggle) {
        element.title = name;
      }
    });
  }
  document.querySelectorAll("form.bd-search").forEach((form) => form.setAttribute("role", "search"));
  // How many pages were found is told when the search is done.
  document.querySelector("#search-results > .search-summary")?.setAttribute("role", "status");
}

// The button for colours goes through three settings and doesn't say at which it is.
function nameColours() {
  const mode = { auto: "as the system", light: "light", dark: "dark" }[document.documentElement.dataset.mode];
  document.querySelectorAll(".theme-switch-button").forEach((button) => {
    button.setAttribute("aria-label", `Colours: ${mode}`);
  });
}

// A formula as words, for where a browser makes a name of text and leaves formulas out.
function readFormula(node) {
  const [first, second, third] = [...node.children].map(readFormula);
  switch (node.localName) {
    case "msub":
    case "munder":
      return `${first} sub ${second} `;
    case "msup":
      return `${first} sup ${second} `;
    case "msubsup":
    case "munderover":
      return `${first} sub ${second} sup ${third} `;
    case "mover":
      return second === "^" ? `${first} hat ` : `${first} ${second} `;
    case "mfrac":
      return ` ${first} over ${second} `;
    case "msqrt":
      return ` root of ${[...node.children].map(readFormula).join("")} `;
    default:
      return node.firstElementChild ? [...node.children].map(readFormula).join("") : node.textContent;
  }
}

// Else an answer to choose, a blank to fill or a column of a table could be called "A.", "What is ?" or nothing.
function nameFormulas() {
  for (const formula of document.querySelectorAll(":is(label, legend, th, h1, h2, h3, a, summary) math")) {
    formula.setAttribute("aria-label", readFormula(formula).replace(/\s+/g, " ").trim());
  }
}

// On a narrow screen the list of a page's sections covers the page, and would stay there after a section was chosen.
function closeContents() {
  const panel = document.getElementById("pst-secondary-sidebar-modal");
  panel?.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link) {
      // To close gives the focus back to the button: the section takes it afterwards.
      panel.addEventListener("close", () => goTo(link.hash), { once: true });
      panel.close();
    }
  });
}

function goTo(hash) {
  const section = document.getElementById(decodeURIComponent(hash.slice(1)));
  if (section) {
    section.tabIndex = -1;
    section.focus({ preventScroll: true });
    section.scrollIntoView();
  }
}

// The theme keeps the list of lessons where it stood, so that whoever reads on doesn't see the lesson in it any more.
function showPlace() {
  const sidebar = document.querySelector(".bd-sidebar-primary");
  const here = sidebar?.querySelector(".bd-links li.active > a");
  if (here) {
    const [frame, place] = [sidebar, here].map((element) => element.getBoundingClientRect());
    if (place.top < frame.top || place.bottom > Math.min(frame.bottom, innerHeight)) {
      sidebar.scrollTop += place.top - frame.top - frame.height / 3;
    }
  }
}

function nameCheckboxes() {
  for (const box of document.querySelectorAll(".task-list-item-checkbox")) {
    box.setAttribute("aria-label", box.parentElement.textContent.trim());
  }
}

// The builder calls the references a list, and its entries something else.
function mendReferences() {
  for (const entry of document.querySelectorAll(".citation-list > .citation")) {
    entry.setAttribute("role", "listitem");
  }
}

// What scrolls inside itself must be reachable by the Tab key. All is measured before anything is changed: else the
// browser would lay out the page anew for each.
function reachScrollable() {
  const boxes = ".cell_output, .cell_output .output, mjx-container[display='true'], div.math, pre";
  const scrolling = [...document.querySelectorAll(boxes)].filter(
    (element) => element.scrollWidth > element.clientWidth + 1,
  );
  // A formula in a sentence also holds invisible text for screen readers, so only its visible part is measured.
  const wide = [...document.querySelectorAll("span.math")].filter(
    (formula) => formula.querySelector("mjx-math")?.getBoundingClientRect().width > formula.clientWidth + 1,
  );
  wide.forEach((formula) => formula.classList.add("is-wide"));
  [...scrolling, ...wide].forEach((element) => {
    element.tabIndex = 0;
  });
}

// From a disk a page may not read other pages, so results are listed without their first lines.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

document.addEventListener("DOMContentLoaded", () => {
  dropMisleadingNames();
  nameSidebar();
  nameControls();
  nameColours();
  closeContents();
  nameCheckboxes();
  nameFormulas();
  mendReferences();
  reachScrollable();
});

addEventListener("load", showPlace);

new MutationObserver(nameColours).observe(document.documentElement, { attributeFilter: ["data-mode"] });

// In some browsers, what lies in a hidden answer has no width until it is opened.
document.addEventListener("toggle", reachScrollable, true);

// Pictures have their widths now.
window.addEventListener("load", reachScrollable);
