// What the page says, in the visitor's language: the server put it into the page.
const texts = JSON.parse(document.getElementById("texts").textContent);
const percents = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

export const percent = (share) => percents.format(share);

export function say(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_, field) => values[field]);
}
