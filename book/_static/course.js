// Mends what the theme leaves wrong for people who use a keyboard or a screen reader.

// A name that differs from the visible text can't be spoken to a voice control: let the text be the name.
function dropMisleadingNames() {
  for (const element of document.querySelectorAll(".search-button-field, summary[aria-label]")) {
    element.removeAttribute("aria-label");
  }
  for (const icon of document.querySelectorAll("button i[class*='fa-']")) {
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
  nameCheckboxes();
  mendReferences();
  reachScrollable();
});

// In some browsers, what lies in a hidden answer has no width until it is opened.
document.addEventListener("toggle", reachScrollable, true);

// Pictures have their widths now.
window.addEventListener("load", reachScrollable);
