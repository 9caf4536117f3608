// Makes forms of a self-test's questions, as book/_ext/self_tests.py has marked them. Without it a page is plain text.

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// A browser may forbid to store anything. Then results last until the page is left.
function recall(name) {
  try {
    return Object(JSON.parse(localStorage.getItem(name)));
  } catch {
    return {};
  }
}

function keep(name, state) {
  try {
    localStorage.setItem(name, JSON.stringify(state));
  } catch {}
}

const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:([/^])([+-]?\d+\.?\d*))?$/i;

function readNumber(text) {
  const [, first, sign, second] = text.match(NUMBER) ?? [];
  return sign === "^" ? first ** second : first / (sign ? second : 1);
}

// All that may be meant: 1,000 is a number or a pair, 0,5 as well, 2 % is 2 or 0.02.
function readings(typed) {
  const plain = typed.replace(/[−–]/g, "-").replace(/\*\*/g, "^").replace(/\s*[·×*]\s*10\s*\^\s*/, "e")
    .replace(/\s*([/^])\s*/g, "$1").replace(/^(torch\.Size)?[[(\s]+|[\])\s%,]+$/g, "");
  const rows = [plain.split(/[\s,;]+/), [plain.replace(/[\s,](?=\d{3})/g, "")], [plain.replace(",", ".")]]
    .map(row => row.map(readNumber));
  return typed.includes("%") ? [...rows, ...rows.map(row => row.map(number => number / 100))] : rows;
}

function fits(typed, {rows, words, within}) {
  const near = (a, b) => Math.abs(a - b) <= (within ?? Math.abs(b) * 1e-6) * (1 + 1e-9);
  const same = (given, row) => given.length === row.length && given.every((number, i) => near(number, row[i]));
  return words.includes(typed.toLowerCase().replace(/[\s`'"“”’()-]|\.$/g, ""))
    || readings(typed).some(given => rows.some(row => same(given, row)));
}

class Question {
  constructor(box, index) {
    Object.assign(this, JSON.parse(box.dataset.key), {box, number: index + 1, name: `self-test ${box.dataset.name}`});
    this.slot = this.kind === "blanks" ? "value" : "checked";
    this.answer = box.querySelector("details");
    this.told = [...this.answer.querySelectorAll(":scope > ul > li")];
    this.verdict = make("div", {className: "verdict"});
    this.verdict.setAttribute("aria-live", "polite");
    this.state = recall(this.name);
    if (this.kind === "words") this.addButtons();
    else this.makeForm();
    this.show();
  }

  addButtons() {
    this.buttons = ["I had it", "I didn't"].map((text, i) =>
      make("button", {type: "button", onclick: () => this.settle({first: !i})}, text));
    this.answer.append(make("p", {className: "own-verdict"}, "Did you have it? ", ...this.buttons));
  }

  // Nodes are moved, not made anew, for MathJax may be at work on them.
  makeForm() {
    const asked = this.box.firstElementChild;
    const list = this.box.querySelector(":scope > ul");
    const fields = make("fieldset", {}, make("legend", {}, ...asked.childNodes));
    while (asked.nextElementSibling !== list) fields.append(asked.nextElementSibling);
    const type = {one: "radio", several: "checkbox", blanks: "text"}[this.kind];
    this.inputs = [...list.querySelectorAll("p")].map(text => {
      const input = make("input", {type, name: this.name, spellcheck: false, autocapitalize: "off"});
      const blank = [...text.childNodes].find(node => node.data?.includes("____"));
      if (blank) {
        const rest = blank.splitText(blank.data.indexOf("____"));
        rest.data = rest.data.slice(4);
        rest.before(input);
      }
      fields.append(make("label", {}, ...(blank ? [] : [input]), make("span", {}, ...text.childNodes)));
      return input;
    });
    const number = make("span", {className: "visually-hidden"}, ` question ${this.number}`);
    const form = make("form", {autocomplete: "off"}, fields, make("button", {}, "Check", number), this.verdict);
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.check(this.inputs.map(input => input[this.slot]));
    });
    asked.remove();
    list.replaceWith(form);
    this.answer.addEventListener("toggle", () => {
      if (this.answer.open && this.state.first === undefined) {
        this.settle({first: false});
        this.say("You have opened the answer first, so this question doesn't count.");
      }
    });
  }

  check(given) {
    if (this.kind === "blanks" && !given.every(typed => typed.trim())) this.say("Fill in every blank first.");
    else if (!given.some(Boolean)) this.say("Choose first.");
    else this.settle({first: this.state.first ?? this.judge(given).right, given});
  }

  // Whether an answer is right, and the lines of feedback on it.
  judge(given) {
    if (this.kind === "blanks") {
      const hits = given.map((typed, i) => this.lines.findIndex(line => line.item === i && fits(typed, line)));
      const said = hits.map((hit, i) => this.told[hit]?.cloneNode(true)
        ?? make("li", {}, make("strong", {}, `${"ABCDEFGHIJ"[i]}, wrong.`), " No slip that we know: work it out again."));
      return {right: hits.every(hit => this.lines[hit]?.right), said};
    }
    const said = this.told.filter((_, i) => given[i]).map(line => line.cloneNode(true));
    const missing = this.lines.filter((line, i) => line.right && !given[i]).length;
    if (this.kind === "several" && missing) said.push(make("li", {}, `Still to be found: ${missing}.`));
    return {right: this.lines.every((line, i) => line.right === given[i]), said};
  }

  settle(state) {
    keep(this.name, Object.assign(this.state, state));
    this.show();
    count();
  }

  show() {
    const {first, given} = this.state;
    this.buttons?.forEach((button, i) => button.setAttribute("aria-pressed", first === !i));
    if (!given) return;
    this.inputs.forEach((input, i) => { input[this.slot] = given[i]; });
    const {right, said} = this.judge(given);
    this.verdict.dataset.right = right;
    const wrong = "Not quite. Try again, or open the answer.";
    const head = !right ? wrong : first ? "Right." : "Right, though not at the first try.";
    this.say(make("strong", {}, head), make("ul", {}, ...said));
  }

  say(...what) {
    this.verdict.replaceChildren(...what);
    window.MathJax?.typesetPromise?.([this.verdict]);
  }

  restart() {
    keep(this.name, this.state = {});
    this.box.querySelector("form")?.reset();
    this.answer.open = false;
    this.verdict.replaceChildren();
    delete this.verdict.dataset.right;
    this.show();
  }
}

function count() {
  const firsts = questions.map(question => question.state.first);
  const open = firsts.filter(first => first === undefined).length;
  const right = firsts.filter(Boolean).length;
  score.textContent = `${right} of ${firsts.length} answered right at first try${open ? `, ${open} still to answer` : ""}.`;
  const missed = questions.filter(question => question.state.first === false);
  const links = missed.flatMap(question => [...question.answer.querySelectorAll("a[href*='notebooks/']")]);
  const lessons = [...new Map(links.map(link => [link.href, link])).values()];
  again.replaceChildren(...lessons.flatMap((link, i) => [i ? ", " : "To read again: ", link.cloneNode(true)]));
}

// The focus goes to the first question, so that whoever can't see the page knows where it is.
function startOver() {
  questions.forEach(question => question.restart());
  count();
  document.querySelector(".question input, .question summary").focus();
}

const [score, again] = [make("p", {}), make("p", {})];
const boxes = [...document.querySelectorAll(".question")];
const questions = boxes.map((box, index) => new Question(box, index));
const button = make("button", {type: "button", onclick: startOver}, "Start over");
boxes.at(-1).after(make("section", {className: "score", ariaLabel: "Your score"}, score, again, button));
count();
