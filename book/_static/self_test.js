// Makes forms of a self-test's questions, as book/_ext/self_tests.py has marked them. Without this script the page is
// what an author wrote: questions, options, and answers to open.

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Results stay in the browser, if it allows that.
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
  } catch {
    // The score then lasts as long as the page.
  }
}

const DECIMAL = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?";
const NUMBER = new RegExp(`^(${DECIMAL})(?:([/^])(${DECIMAL}))?$`, "i");

function readNumber(text) {
  const [, first, sign, second] = text.match(NUMBER) ?? [];
  return sign === "^" ? first ** second : first / (sign ? second : 1);
}

// All that a typed text can mean: 1,000 is a thousand or a pair, 0,5 a half or a pair, 2 % is 2 or 0.02.
function readings(typed) {
  const plain = typed.replace(/[−–]/g, "-").replace(/\*\*/g, "^").replace(/\s*[·×*]\s*10\s*\^\s*/, "e")
    .replace(/\s*([/^])\s*/g, "$1").replace(/^(torch\.Size)?[[(\s]+|[\])\s%,]+$/g, "");
  const rows = [plain.split(/[\s,;]+/), [plain.replace(/[\s,](?=\d{3})/g, "")], [plain.replace(",", ".")]];
  const numbers = rows.map(row => row.map(readNumber));
  return typed.includes("%") ? [...numbers, ...numbers.map(row => row.map(number => number / 100))] : numbers;
}

function fits(typed, {rows, words, within}) {
  const near = (number, i, row) => Math.abs(number - row[i]) <= (within ?? Math.abs(row[i]) * 1e-6) * (1 + 1e-9);
  return words.includes(typed.toLowerCase().replace(/[\s`'"“”’()-]|\.$/g, ""))
    || readings(typed).some(given => rows.some(row =>
      given.length === row.length && given.every((number, i) => near(number, i, row))));
}

class Question {
  constructor(box, tell) {
    const {kind, lines} = JSON.parse(box.dataset.key);
    Object.assign(this, {box, tell, kind, lines, name: `self-test ${box.dataset.name}`});
    this.answer = box.querySelector("details");
    this.told = this.answer.querySelectorAll(":scope > ul > li");
    this.verdict = make("div", {className: "verdict"});
    this.verdict.setAttribute("aria-live", "polite");
    if (kind === "words") {
      this.buildButtons();
    } else {
      this.buildForm();
    }
    this.answer.addEventListener("toggle", () => {
      if (kind !== "words" && this.answer.open && this.state.first === undefined) {
        this.settle({first: false});
        this.say("You have opened the answer first: this question won't count.");
      }
    });
    this.state = recall(this.name);
    this.show();
  }

  // The options or blanks of the list, under the question as their legend.
  buildForm() {
    const [asked] = this.box.children;
    const list = this.box.querySelector(":scope > ul");
    const fields = make("fieldset", {}, make("legend", {}, ...asked.childNodes));
    const form = make("form", {autocomplete: "off"}, fields, make("button", {}, "Check"), this.verdict);
    while (asked.nextElementSibling !== list) fields.append(asked.nextElementSibling);
    this.inputs = [...list.children].map(item => {
      const text = item.querySelector("p") ?? item;
      const type = {one: "radio", several: "checkbox", blanks: "text"}[this.kind];
      const input = make("input", {type, name: this.name, spellcheck: false, autocapitalize: "off"});
      if (type === "text") {
        const blank = [...text.childNodes].find(node => node.data?.includes("____"));
        const rest = blank.splitText(blank.data.indexOf("____"));
        rest.data = rest.data.slice(4);
        rest.before(input);
      }
      fields.append(make("label", {}, ...(type === "text" ? [] : [input]), make("span", {}, ...text.childNodes)));
      return input;
    });
    asked.remove();
    list.replaceWith(form);
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.check();
    });
  }

  buildButtons() {
    this.buttons = ["I had it", "I didn't"].map((text, i) =>
      make("button", {type: "button", onclick: () => this.settle({first: i === 0})}, text));
    this.answer.append(make("p", {className: "own-verdict"}, "Did you have it? ", ...this.buttons));
  }

  check() {
    const given = this.inputs.map(input => input.type === "text" ? input.value : input.checked);
    if (this.kind === "blanks" ? !given.every(value => value.trim()) : !given.includes(true)) {
      this.say(this.kind === "blanks" ? "Fill in every blank first." : "Choose first.");
      return;
    }
    const {right} = this.judge(given);
    this.settle({first: this.state.first ?? right, given});
  }

  // Whether the answer is right, and the feedback on it.
  judge(given) {
    if (this.kind === "blanks") {
      const hits = given.map((typed, i) => this.lines.findIndex(line => line.item === i && fits(typed, line)));
      const said = hits.map((hit, i) => hit < 0
        ? make("li", {}, make("strong", {}, `${"ABCDEFGHIJ"[i]}, wrong.`), " And none of the common slips: work it out again.")
        : this.told[hit].cloneNode(true));
      return {right: hits.every(hit => this.lines[hit]?.right), said};
    }
    const said = [...this.told].filter((_, i) => given[i]).map(line => line.cloneNode(true));
    const missing = this.lines.filter((line, i) => line.right && !given[i]).length;
    if (this.kind === "several" && missing) said.push(make("li", {}, `Still to be found: ${missing}.`));
    return {right: this.lines.every((line, i) => line.right === given[i]), said};
  }

  show() {
    const {first, given} = this.state;
    this.buttons?.forEach((button, i) => button.setAttribute("aria-pressed", first === (i === 0)));
    if (given?.length !== this.inputs?.length || !given) return;
    this.inputs.forEach((input, i) => { input[input.type === "text" ? "value" : "checked"] = given[i]; });
    const {right, said} = this.judge(given);
    this.verdict.dataset.right = right;
    const late = first ? "Right." : "Right, though not at the first try.";
    this.say(make("strong", {}, right ? late : "Not quite. Try again, or open the answer."), make("ul", {}, ...said));
  }

  say(...what) {
    this.verdict.replaceChildren(...what);
    window.MathJax?.typesetPromise?.([this.verdict]);
  }

  restart() {
    this.state = {};
    keep(this.name, {});
    this.box.querySelector("form")?.reset();
    this.answer.open = false;
    this.verdict.replaceChildren();
    delete this.verdict.dataset.right;
    this.show();
  }

  settle(state) {
    this.state = {...this.state, ...state};
    keep(this.name, this.state);
    this.show();
    this.tell();
  }
}

const boxes = document.querySelectorAll(".question");
const score = make("p", {});
const again = make("p", {});
const startOver = make("button", {type: "button"}, "Start over");
const questions = [...boxes].map(box => new Question(box, count));

function count() {
  const firsts = questions.map(question => question.state.first);
  const open = firsts.filter(first => first === undefined).length;
  const right = firsts.filter(Boolean).length;
  score.textContent = `${right} of ${firsts.length} answered right at first try${open ? `, ${open} still to answer` : ""}.`;
  const links = questions.filter(question => question.state.first === false)
    .flatMap(question => [...question.answer.querySelectorAll("a[href*='notebooks/']")]);
  const lessons = new Map(links.map(link => [link.href, link]));
  again.replaceChildren(...[...lessons.values()].flatMap((link, i) =>
    [i ? ", " : "To read again: ", link.cloneNode(true)]));
}

// The focus goes back to the first question, which says where the reader is.
startOver.addEventListener("click", () => {
  questions.forEach(question => question.restart());
  count();
  (questions[0].inputs?.[0] ?? questions[0].answer.querySelector("summary")).focus();
});

boxes[boxes.length - 1].after(make("section", {className: "score", ariaLabel: "Your score"}, score, again, startOver));
count();
