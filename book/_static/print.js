"use strict";

// Prepares a page for paper when it is printed, and puts everything back afterwards.
//
// Hidden answers and solutions would be lost on paper, and opened in place each would be read with its question.
// So they go to the end of the page, numbered, and a line in their place says where to look.

{
  const undo = [];
  const LONG = 450; // pixels, half of a printed page: what is longer may be split

  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    Object.assign(element, attributes);
    element.append(...children);
    return element;
  }

  function nameOf(details, number) {
    if (details.classList.contains("hide")) {
      return `Solution ${number}`;
    }
    const words = details.querySelector("summary").textContent.trim();
    const kind = /^show (?:the |a )?(\w+)$/i.exec(words)?.[1];
    return kind ? `${kind[0].toUpperCase()}${kind.slice(1)} ${number}` : `${words} (${number})`;
  }

  function moveAnswers(article) {
    const hidden = [...article.querySelectorAll("details")].filter(one => !one.parentElement.closest("details"));
    if (hidden.length === 0) {
      return;
    }
    const answers = make("section", { id: "answers-on-paper" }, make("h2", {}, "Answers"));
    answers.classList.toggle("is-apart", /\/self_test_/.test(location.pathname));
    hidden.forEach((details, index) => {
      const name = nameOf(details, index + 1);
      const [here, there] = [`place-${index + 1}-on-paper`, `answer-${index + 1}-on-paper`];
      const place = make("p", { className: "paper-place", id: here },
        make("a", { href: `#${there}` }, name), " is at the end of this chapter.");
      const title = make("p", { className: "paper-name" }, make("a", { href: `#${here}` }, name));
      // It is emptied and not opened: a self-test takes note of an answer that was opened.
      const content = [...details.childNodes].filter(one => one.nodeName !== "SUMMARY");
      answers.append(make("div", { className: "paper-answer", id: there }, title, ...content));
      details.replaceWith(place);
      undo.push(() => {
        details.append(...content);
        place.replaceWith(details);
      });
    });
    (article.querySelector("section") ?? article).append(answers);
    undo.push(() => answers.remove());
  }

  function useLightColours() {
    const { theme } = document.documentElement.dataset;
    document.documentElement.dataset.theme = "light";
    undo.push(() => {
      document.documentElement.dataset.theme = theme;
    });
  }

  function letLongThingsSplit(article) {
    for (const element of article.querySelectorAll("table, pre, div.highlight, div.cell_input, .output, blockquote")) {
      if (element.getBoundingClientRect().height > LONG) {
        element.classList.add("is-long");
        undo.push(() => element.classList.remove("is-long"));
      }
    }
  }

  function putOnPaper() {
    const article = document.querySelector(".bd-article");
    if (article && undo.length === 0) {
      useLightColours();
      moveAnswers(article);
      letLongThingsSplit(article);
    }
  }

  function takeFromPaper() {
    undo.splice(0).forEach(step => step());
  }

  window.addEventListener("beforeprint", putOnPaper);
  window.addEventListener("afterprint", takeFromPaper);
}
