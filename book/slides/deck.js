// Formulas first, while every slide is laid out; then each slide's words take the largest size at
// which all of it fits; then reveal.js.

const SMALLEST = 0.6; // of the usual size; what needs less does not belong on one slide

function fit(box, largest, fits) {
  for (let size = largest; size >= SMALLEST; size -= 0.1) {
    box.style.fontSize = `${size.toFixed(2)}em`;
    if (fits()) return;
  }
}

function fitAll() {
  for (const body of document.querySelectorAll(".body")) {
    const formula = body.querySelector(".formula");
    const figure = body.querySelector(".figure");
    const words = body.querySelector("img, pre, .figure") ? 1 : 1.4;
    fit(body, words, () => {
      if (formula) fit(formula, 1.2, () => formula.scrollWidth <= formula.clientWidth + 1);
      return body.scrollHeight <= body.clientHeight + 1 && body.scrollWidth <= body.clientWidth + 1;
    });
    if (figure) {
      const drawn = figure.firstElementChild;
      const room = [figure.clientWidth / drawn.offsetWidth, figure.clientHeight / drawn.offsetHeight];
      drawn.style.zoom = Math.min(...room);
    }
  }
}

function start() {
  fitAll();
  const notes = new URLSearchParams(location.search).has("notes");
  return Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0.03,
    center: false,
    display: "flex",
    hash: true,
    slideNumber: "c/t",
    transition: "none",
    pdfSeparateFragments: false,
    showNotes: notes ? "separate-page" : false,
    plugins: [RevealNotes],
  });
}

window.MathJax = {
  chtml: { matchFontHeight: false },
  options: { enableMenu: false },
  startup: { pageReady: () => MathJax.startup.defaultPageReady().then(start) },
};
