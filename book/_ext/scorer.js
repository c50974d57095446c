// Ranks what the search finds: chapters before questions, and pages that say the words often first.
var Scorer = {
  score: ([docname, title, anchor, descr, score]) => {
    const words = (new URLSearchParams(location.search).get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const text = (SEARCH_TEXT[docname] || []).map((part) => part[1]).join(" ").toLowerCase();
    const often = words.reduce((sum, word) => sum + text.split(word).length - 1, 0);
    const kind = docname.startsWith("notebooks/") ? 45 : docname === "book/glossary" ? 20 : 0;
    // A word of the glossary is an entry of the index, which alone would count 100.
    return Math.min(score, 30) + kind + 4 * Math.log2(1 + often);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
